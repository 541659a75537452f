#include "scale.h"

#include <math.h>
#include <stdio.h>

/* Doubles end at 1e308; even the ratio of the largest to the smallest must stay within. */
static const double largest = 1e150;
static const double smallest_span = 1e-150;
/* A smaller span, relative to the values, counts as a single value: its ticks would look the
 * same. */
static const double smallest_relative_span = 1e-9;
static const double one_value_margin = 0.05; /* relative to the value, to either side */
static const double padding = 0.04;          /* of the span, so that no marker is cut off */
static const double logarithmic_ratio = 100;
enum { WANTED_STEPS = 8, MOST_DECADES_OF_125 = 3 };

/* Numbers from here on, or with more decimals, are written with an exponent. */
static const double largest_plain = 1e6;
enum { MOST_PLAIN_DECIMALS = 6, MOST_DIGITS = 12 };

typedef struct span {
    double low;
    double high;
} span;

static double limit(double value)
{
    return fmin(fmax(value, -largest), largest);
}

static double magnitude(span of)
{
    return fmax(fabs(of.low), fabs(of.high));
}

/* The data's range, with some width. */
static span known_span(const scale_data *data)
{
    if (!isfinite(data->low) || !isfinite(data->high) || data->low > data->high) {
        return (span){0, 1};
    }
    const span of = {data->from_zero ? fmin(limit(data->low), 0) : limit(data->low),
                     limit(data->high)};
    const double width = of.high - of.low;
    if (width > smallest_span && width > smallest_relative_span * magnitude(of)) {
        return of;
    }
    const double margin = magnitude(of) > smallest_span ? one_value_margin * magnitude(of) : 1;
    return (span){data->from_zero ? of.low : fmax(of.low - margin, fmin(data->least, of.low)),
                  fmin(of.high + margin, fmax(data->most, of.high))};
}

static void pad(scale *self, bool from_zero)
{
    if (self->logarithmic) {
        const double factor = pow(self->high / self->low, padding);
        self->low /= factor;
        self->high *= factor;
    } else {
        const double margin = padding * (self->high - self->low);
        self->low -= from_zero ? 0 : margin;
        self->high += margin;
    }
}

/* The smallest of 1, 2 and 5 times a power of ten that takes at most WANTED_STEPS for the width. */
static double nice_step(double width, bool whole)
{
    const double wanted = width / WANTED_STEPS;
    const double power = pow(10, floor(log10(wanted)));
    const double step = wanted <= power       ? power
                        : wanted <= 2 * power ? 2 * power
                        : wanted <= 5 * power ? 5 * power
                                              : 10 * power;
    return whole ? fmax(step, 1) : step;
}

static void add_tick(scale *self, const scale_data *data, double value)
{
    if (value >= self->low && value <= self->high && value >= data->least && value <= data->most &&
        self->tick_count < SCALE_MOST_TICKS) {
        self->ticks[self->tick_count++] = value;
    }
}

static void add_linear_ticks(scale *self, const scale_data *data)
{
    self->step = nice_step(self->high - self->low, data->whole);
    const double first = ceil(self->low / self->step);
    for (unsigned i = 0; i <= WANTED_STEPS; i++) {
        add_tick(self, data, (first + i) * self->step + 0.0); /* no -0 */
    }
}

/* Powers of ten, or every so many of them; if they are few, 2 and 5 times these too. */
static void add_logarithmic_ticks(scale *self, const scale_data *data)
{
    const double factors[] = {1, 2, 5};
    const int first = (int)floor(log10(self->low));
    const int last = (int)ceil(log10(self->high));
    const bool are_few = log10(self->high) - log10(self->low) <= MOST_DECADES_OF_125;
    const int stride = 1 + (last - first) / (WANTED_STEPS + 1);
    for (int power = first; power <= last; power += stride) {
        for (size_t i = 0; i < (are_few ? 3 : 1); i++) {
            add_tick(self, data, factors[i] * pow(10, power));
        }
    }
}

scale scale_make(const scale_data *data)
{
    const span shown = known_span(data);
    scale self = {.low = shown.low, .high = shown.high};
    self.logarithmic = data->wide_is_logarithmic && self.low > smallest_span &&
                       self.high / self.low > logarithmic_ratio;
    pad(&self, data->from_zero);
    if (self.logarithmic) {
        add_logarithmic_ticks(&self, data);
    } else {
        add_linear_ticks(&self, data);
    }
    return self;
}

double scale_position(const scale *self, double value)
{
    const double bounded = fmin(fmax(value, self->low), self->high);
    return self->logarithmic ? log(bounded / self->low) / log(self->high / self->low)
                             : (bounded - self->low) / (self->high - self->low);
}

/* The decimals of a tick's step: 3 of 0.005. */
static int decimals_of(double step)
{
    const double decimals = ceil(-log10(step) - smallest_relative_span);
    return decimals > 0 ? (int)decimals : 0;
}

void scale_format_tick(const scale *self, size_t tick, char out[SCALE_LABEL_BYTES])
{
    const double value = self->ticks[tick];
    const double reach = magnitude((span){self->low, self->high});
    if (self->logarithmic) {
        snprintf(out, SCALE_LABEL_BYTES, "%g", value);
    } else if (reach < largest_plain && decimals_of(self->step) <= MOST_PLAIN_DECIMALS) {
        snprintf(out, SCALE_LABEL_BYTES, "%.*f", decimals_of(self->step), value);
    } else {
        const int digits = 1 + (int)ceil(log10(reach / self->step));
        snprintf(out, SCALE_LABEL_BYTES, "%.*g", digits < MOST_DIGITS ? digits : MOST_DIGITS,
                 value);
    }
}
