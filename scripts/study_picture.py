"""Draws means and their intervals against the batch size as an SVG, one colour per rule."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 40, 48
COLOURS = ("#0072b2", "#d55e00", "#009e73")  # Okabe and Ito's, safe for colour-blind people
APART = 14  # rules at the same batch size


def ticks(low, high):
    """About five round numbers from low to high."""
    rough = (high - low) / 5
    unit = 10 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
    return [step * i for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def line(x1, y1, x2, y2, colour, width=1):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"'
            f' stroke-width="{width}"/>')


def text(x, y, words, anchor="middle", colour="#222"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">'
            f'{escape(words)}</text>')


def interval_picture(title, sizes, points):
    """points[rule][batch size] is (mean, low, high) in percent."""
    values = [value for of_rule in points.values() for point in of_rule.values() for value in point]
    margin = max(max(values) - min(values), 0.1) * 0.05
    low, high = min(values) - margin, max(values) + margin

    def place_x(size, number):
        width = (WIDTH - LEFT - RIGHT) / len(sizes)
        return LEFT + width * (sizes.index(size) + 0.5) + APART * (number - (len(points) - 1) / 2)

    def place_y(value):
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    shapes = [text(LEFT, 18, f"{title}: validation accuracy in %, with 95 % intervals", "start")]
    for tick in ticks(low, high):
        shapes += [line(LEFT, place_y(tick), WIDTH - RIGHT, place_y(tick), "#ddd"),
                   text(LEFT - 6, place_y(tick) + 4, f"{tick:g}", "end")]
    shapes += [text(place_x(size, (len(points) - 1) / 2), HEIGHT - BOTTOM + 18, str(size))
               for size in sizes]
    shapes.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, "batch size"))
    for number, (rule, of_rule) in enumerate(points.items()):
        colour = COLOURS[number % len(COLOURS)]
        shapes.append(text(WIDTH - RIGHT - 80 * (len(points) - 1 - number), TOP - 8, f"rule {rule}",
                           "end", colour))
        for size, (mean, least, most) in of_rule.items():
            x = place_x(size, number)
            shapes += [line(x, place_y(least), x, place_y(most), colour, 2),
                       f'<circle cx="{x:.1f}" cy="{place_y(mean):.1f}" r="4" fill="{colour}"/>']
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"'
            f' viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">\n'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n' + "\n".join(shapes)
            + "\n</svg>\n")
