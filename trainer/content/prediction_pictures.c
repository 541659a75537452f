#include "prediction_pictures.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lenet.h"

static const picture_color paper = {255, 255, 255};
static const picture_color ink = {48, 48, 48};
static const picture_color right = {31, 119, 180};
static const picture_color wrong = {214, 39, 40};

/* TensorBoard's Images page stretches every picture to this width. In a picture of this width, text
 * stays sharp. */
enum { WIDTH = 350 };

/* ---- The confusion matrix ---- */

enum {
    CELL = 31,                                    /* with its line; five digits fit in */
    LEFT = 38,                                    /* "label" over the rows' classes */
    TOP = 26,                                     /* "predicted" over the columns' classes */
    BORDER = WIDTH - LEFT - LENET_CLASSES * CELL, /* on the right and at the bottom */
    MATRIX_HEIGHT = TOP + LENET_CLASSES * CELL + BORDER,
    TEXT_DOWN = (CELL - PICTURE_CHARACTER_HEIGHT) / 2 + 1 /* from a cell's top to its text */
};

/* At most five characters: a data set has fewer than 3 million images. */
static void format_count(char out[16], uint32_t count)
{
    if (count < 100000) {
        snprintf(out, 16, "%u", (unsigned)count);
    } else {
        snprintf(out, 16, "%uk", (unsigned)(count / 1000));
    }
}

static uint8_t mixed(uint8_t from, uint8_t to, double share)
{
    return (uint8_t)(from + share * ((double)to - from) + 0.5);
}

/* A good network makes few mistakes: the fourth root makes even one in a thousand visible. */
static picture_color shade(uint32_t count, uint32_t of_row, bool is_right)
{
    const double part = (double)count / of_row;
    const double share = is_right ? part : sqrt(sqrt(part));
    const picture_color full = is_right ? right : wrong;
    return (picture_color){mixed(paper.red, full.red, share), mixed(paper.green, full.green, share),
                           mixed(paper.blue, full.blue, share)};
}

static void draw_centred(picture *out, uint32_t x, uint32_t y, uint32_t width, const char *text,
                         picture_color color)
{
    const uint32_t text_width = (uint32_t)strlen(text) * PICTURE_CHARACTER_WIDTH - 1;
    picture_text(out, x + (width - text_width) / 2, y, text, color);
}

static void draw_cell(picture *out, uint32_t label, uint32_t class, uint32_t count, uint32_t of_row)
{
    const uint32_t x = LEFT + class * CELL;
    const uint32_t y = TOP + label * CELL;
    const picture_color line = {220, 220, 220};
    char text[16];
    picture_fill(out, x, y, CELL, CELL, line);
    picture_fill(out, x, y, CELL - 1, CELL - 1, paper);
    if (count == 0) {
        return;
    }
    const picture_color ground = shade(count, of_row, label == class);
    picture_fill(out, x, y, CELL - 1, CELL - 1, ground);
    format_count(text, count);
    const int light = ground.red + 2 * ground.green + ground.blue; /* up to 4 x 255 */
    draw_centred(out, x, y + TEXT_DOWN, CELL - 1, text, light < 520 ? paper : ink);
}

static void draw_frame(picture *out)
{
    draw_centred(out, LEFT, 4, LENET_CLASSES * CELL, "predicted", ink);
    picture_text(out, 4, 15, "label", ink);
    for (uint32_t class = 0; class < LENET_CLASSES; class ++) {
        const char text[] = {(char)('0' + class), '\0'};
        draw_centred(out, LEFT + class * CELL, 15, CELL, text, ink);
        picture_text(out, LEFT - PICTURE_CHARACTER_WIDTH - 2, TOP + class * CELL + TEXT_DOWN, text,
                     ink);
    }
}

int prediction_picture_confusion(picture *out, const dataset_part *set, const uint8_t *predicted)
{
    uint32_t counts[LENET_CLASSES][LENET_CLASSES] = {{0}};
    uint32_t of_row[LENET_CLASSES] = {0};
    if (picture_make(out, WIDTH, MATRIX_HEIGHT, paper) != 0) {
        return -1;
    }
    for (uint32_t i = 0; i < set->count; i++) {
        counts[set->labels[i]][predicted[i]]++;
        of_row[set->labels[i]]++;
    }
    draw_frame(out);
    for (uint32_t label = 0; label < LENET_CLASSES; label++) {
        for (uint32_t class = 0; class < LENET_CLASSES; class ++) {
            draw_cell(out, label, class, counts[label][class], of_row[label]);
        }
    }
    return 0;
}

/* ---- Mistakes ---- */

enum {
    COLUMNS = 5,
    SCALE = 2,
    SIDE = SCALE * LENET_IMAGE_SIDE,
    TILE_WIDTH = WIDTH / COLUMNS,
    TILE_HEIGHT = 8 + SIDE + 4 + PICTURE_CHARACTER_HEIGHT + 2,
    ROWS = (PREDICTION_MISTAKES + COLUMNS - 1) / COLUMNS
};

static void draw_mistake(picture *out, uint32_t place, const dataset_part *set, uint32_t sample,
                         uint8_t predicted)
{
    const uint32_t x = place % COLUMNS * TILE_WIDTH;
    const uint32_t y = place / COLUMNS * TILE_HEIGHT + 8;
    char text[32];
    picture_grey(out, x + (TILE_WIDTH - SIDE) / 2, y,
                 set->images + (size_t)sample * LENET_IMAGE_PIXELS, LENET_IMAGE_SIDE,
                 LENET_IMAGE_SIDE, SCALE);
    snprintf(text, sizeof text, "%u as %u", (unsigned)set->labels[sample], (unsigned)predicted);
    draw_centred(out, x, y + SIDE + 4, TILE_WIDTH, text, ink);
}

int prediction_picture_mistakes(picture *out, const dataset_part *set, const uint8_t *predicted)
{
    if (picture_make(out, WIDTH, ROWS * TILE_HEIGHT + 8, paper) != 0) {
        return -1;
    }
    uint32_t place = 0;
    for (uint32_t i = 0; i < set->count && place < PREDICTION_MISTAKES; i++) {
        if (predicted[i] != set->labels[i]) {
            draw_mistake(out, place++, set, i, predicted[i]);
        }
    }
    return 0;
}
