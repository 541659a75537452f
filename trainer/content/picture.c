#include "picture.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { GLYPH_WIDTH = PICTURE_CHARACTER_WIDTH - 1, GLYPH_HEIGHT = PICTURE_CHARACTER_HEIGHT - 1 };

/* Rows from the top, a blank between them; the last one is below the line. */
typedef struct glyph {
    char character;
    char rows[(GLYPH_WIDTH + 1) * GLYPH_HEIGHT];
} glyph;

static const glyph font[] = {
    {'0', ".###. #...# #..## #.#.# ##..# #...# .###. ....."},
    {'1', "..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###. ....."},
    {'2', ".###. #...# ....# ...#. ..#.. .#... ##### ....."},
    {'3', ".###. #...# ....# ..##. ....# #...# .###. ....."},
    {'4', "...#. ..##. .#.#. #..#. ##### ...#. ...#. ....."},
    {'5', "##### #.... ####. ....# ....# #...# .###. ....."},
    {'6', "..##. .#... #.... ####. #...# #...# .###. ....."},
    {'7', "##### ....# ...#. ..#.. ..#.. ..#.. ..#.. ....."},
    {'8', ".###. #...# #...# .###. #...# #...# .###. ....."},
    {'9', ".###. #...# #...# .#### ....# ...#. .##.. ....."},
    {'a', "..... ..... .###. ....# .#### #...# .#### ....."},
    {'b', "#.... #.... ####. #...# #...# #...# ####. ....."},
    {'c', "..... ..... .###. #...# #.... #...# .###. ....."},
    {'d', "....# ....# .#### #...# #...# #...# .#### ....."},
    {'e', "..... ..... .###. #...# ##### #.... .###. ....."},
    {'i', "..#.. ..... .##.. ..#.. ..#.. ..#.. .###. ....."},
    {'k', "#.... #.... #..#. #.#.. ##... #.#.. #..#. ....."},
    {'l', ".##.. ..#.. ..#.. ..#.. ..#.. ..#.. .###. ....."},
    {'p', "..... ..... ####. #...# #...# ####. #.... #...."},
    {'r', "..... ..... #.##. ##..# #.... #.... #.... ....."},
    {'s', "..... ..... .#### #.... .###. ....# ####. ....."},
    {'t', ".#... .#... ###.. .#... .#... .#..# ..##. ....."},
};

int picture_make(picture *out, uint32_t width, uint32_t height, picture_color color)
{
    *out = (picture){.width = width, .height = height};
    out->pixels = malloc((size_t)3 * width * height);
    if (out->pixels == NULL) {
        *out = (picture){0};
        return -1;
    }
    picture_fill(out, 0, 0, width, height, color);
    return 0;
}

void picture_fill(picture *self, uint32_t x, uint32_t y, uint32_t width, uint32_t height,
                  picture_color color)
{
    assert(x + width <= self->width && y + height <= self->height);
    for (uint32_t row = y; row < y + height; row++) {
        uint8_t *pixel = self->pixels + ((size_t)row * self->width + x) * 3;
        for (uint32_t i = 0; i < width; i++) {
            *pixel++ = color.red;
            *pixel++ = color.green;
            *pixel++ = color.blue;
        }
    }
}

void picture_grey(picture *self, uint32_t x, uint32_t y, const uint8_t *pixels, uint32_t width,
                  uint32_t height, uint32_t scale)
{
    for (uint32_t row = 0; row < height; row++) {
        for (uint32_t column = 0; column < width; column++) {
            const uint8_t grey = pixels[(size_t)row * width + column];
            const picture_color color = {grey, grey, grey};
            picture_fill(self, x + column * scale, y + row * scale, scale, scale, color);
        }
    }
}

static void draw_character(picture *self, uint32_t x, uint32_t y, char character,
                           picture_color color)
{
    for (size_t i = 0; i < sizeof font / sizeof font[0]; i++) {
        if (font[i].character != character) {
            continue;
        }
        for (uint32_t at = 0; at < sizeof font[i].rows; at++) {
            if (font[i].rows[at] == '#') {
                picture_fill(self, x + at % (GLYPH_WIDTH + 1), y + at / (GLYPH_WIDTH + 1), 1, 1,
                             color);
            }
        }
    }
}

void picture_text(picture *self, uint32_t x, uint32_t y, const char *text, picture_color color)
{
    for (; *text != '\0'; text++, x += PICTURE_CHARACTER_WIDTH) {
        draw_character(self, x, y, *text, color);
    }
}

void picture_free(picture *self)
{
    free(self->pixels);
    *self = (picture){0};
}
