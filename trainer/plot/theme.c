#include "theme.h"

#define COLOUR(hex)                                                                                \
    {((hex) >> 16 & 0xff) / 255.0, ((hex) >> 8 & 0xff) / 255.0, ((hex) & 0xff) / 255.0}

const theme theme_light = {.background = COLOUR(0xffffff),
                           .text = COLOUR(0x1f2328),
                           .faint_text = COLOUR(0x59636e),
                           .frame = COLOUR(0x8b949e),
                           .grid = COLOUR(0xe4e7eb),
                           .band_opacity = 0.28,
                           .ramp_low = 0,
                           .ramp_high = 0.88};

const theme theme_dark = {.background = COLOUR(0x0d1117),
                          .text = COLOUR(0xe6edf3),
                          .faint_text = COLOUR(0x9da7b3),
                          .frame = COLOUR(0x6e7681),
                          .grid = COLOUR(0x262c36),
                          .band_opacity = 0.4,
                          .ramp_low = 0.22,
                          .ramp_high = 1};

/* Okabe and Ito, "Color Universal Design" (2008). The text's colour replaces black in both themes.
 * Yellow, which is weak on white, comes last. */
static const colour okabe_ito[] = {COLOUR(0x0072b2), COLOUR(0xd55e00), COLOUR(0x009e73),
                                   COLOUR(0xcc79a7), COLOUR(0xe69f00), COLOUR(0x56b4e9),
                                   COLOUR(0xf0e442)};
enum { OKABE_ITO = sizeof okabe_ito / sizeof okabe_ito[0] };

/* Viridis (Smith and van der Walt, matplotlib), at equal distances. */
static const colour viridis[] = {COLOUR(0x440154), COLOUR(0x482475), COLOUR(0x414487),
                                 COLOUR(0x355f8d), COLOUR(0x2a788e), COLOUR(0x21918c),
                                 COLOUR(0x22a884), COLOUR(0x44bf70), COLOUR(0x7ad151),
                                 COLOUR(0xbddf26), COLOUR(0xfde725)};
enum { VIRIDIS = sizeof viridis / sizeof viridis[0] };

static double between(double left, double right, double part)
{
    return left + (right - left) * part;
}

/* `place` is 0 to 1. */
static colour ramp(double place)
{
    const double exact = place * (VIRIDIS - 1);
    const size_t i = exact < VIRIDIS - 2 ? (size_t)exact : VIRIDIS - 2;
    const double part = exact - (double)i;
    const colour *left = &viridis[i];
    const colour *right = &viridis[i + 1];
    return (colour){between(left->red, right->red, part), between(left->green, right->green, part),
                    between(left->blue, right->blue, part)};
}

colour theme_colour(const theme *self, size_t curve, size_t count)
{
    if (count > OKABE_ITO + 1) {
        const double part = (double)curve / (double)(count - 1);
        return ramp(between(self->ramp_low, self->ramp_high, part));
    }
    if (curve == OKABE_ITO - 1 && count > OKABE_ITO) {
        return self->text;
    }
    return curve < OKABE_ITO ? okabe_ito[curve] : okabe_ito[OKABE_ITO - 1];
}

marker theme_marker(size_t curve)
{
    static const marker markers[] = {
        {.corners = 0},
        {.corners = 4, .turn = 45}, /* a square */
        {.corners = 3, .turn = -90},
        {.corners = 4, .turn = 0}, /* a diamond */
        {.corners = 3, .turn = 90},
        {.corners = 4, .turn = 45, .is_star = true}, /* x */
        {.corners = 5, .turn = -90},
        {.corners = 4, .turn = 0, .is_star = true}, /* + */
    };
    return markers[curve % (sizeof markers / sizeof markers[0])];
}
