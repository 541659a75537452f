/* The colours and markers of a figure. */
#ifndef TRAINER_THEME_H
#define TRAINER_THEME_H

#include <stdbool.h>
#include <stddef.h>

typedef struct colour {
    double red; /* 0 to 1, likewise the others */
    double green;
    double blue;
} colour;

typedef struct theme {
    colour background;
    colour text;
    colour faint_text;
    colour frame;
    colour grid;
    double band_opacity;
    /* The part of the ramp that stands out from the background: 0 is dark, 1 is bright. */
    double ramp_low;
    double ramp_high;
} theme;

extern const theme theme_light;
extern const theme theme_dark;

/* The colour of one of `count` curves: Okabe and Ito's eight, which colour-blind people can tell
 * apart. More than eight are spread along a ramp that is even to the eye, so that near batch sizes
 * have near colours. */
colour theme_colour(const theme *self, size_t curve, size_t count);

/* The shape of a curve's points, which distinguishes lines in a grey print. */
typedef struct marker {
    unsigned corners; /* of a regular polygon; 0 for a circle */
    double turn;      /* of its first corner from the right, in degrees clockwise */
    bool is_star;     /* lines from the middle to the corners */
} marker;

/* Eight different ones, which then repeat. */
marker theme_marker(size_t curve);

#endif
