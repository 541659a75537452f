#include "student_t.h"

#include <float.h>
#include <math.h>

/* The continued fraction of the incomplete beta function I_x(a, b), which converges fast where x is
 * below (a + 1) / (a + b + 2). Lentz's method: the two running ratios never become 0. */
static double beta_fraction(double x, double a, double b)
{
    enum { MOST_TERMS = 10000 };
    const double least = 1e-300;
    double above = 1;
    double below = 1 / fmax(1 - (a + b) * x / (a + 1), least);
    double value = below;
    for (int m = 1; m < MOST_TERMS; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double change = 1;
        for (int half = 0; half < 2; half++) {
            const double term = half == 0 ? even : odd;
            below = 1 / fmax(1 + term * below, least);
            above = fmax(1 + term / above, least);
            change = above * below;
            value *= change;
        }
        if (fabs(change - 1) < DBL_EPSILON) {
            break;
        }
    }
    return value;
}

/* I_x(a, b); `complement` is 1 - x, which may be known better than x. */
static double incomplete_beta(double x, double complement, double a, double b)
{
    if (x <= 0 || complement <= 0) {
        return x <= 0 ? 0 : 1;
    }
    const double front =
        exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(complement));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(x, a, b) / a
                                     : 1 - front * beta_fraction(complement, b, a) / b;
}

double student_t_tails(double t, double freedom)
{
    if (isinf(t)) {
        return 0;
    }
    const double square = t * t;
    return incomplete_beta(freedom / (freedom + square), square / (freedom + square), freedom / 2,
                           0.5);
}

double student_t_bound(double tails, double freedom)
{
    double low = 0;
    double high = 1;
    while (student_t_tails(high, freedom) > tails && high < DBL_MAX / 2) {
        low = high;
        high *= 2;
    }
    for (double middle = (low + high) / 2; middle > low && middle < high;
         middle = (low + high) / 2) {
        *(student_t_tails(middle, freedom) > tails ? &low : &high) = middle;
    }
    return high;
}

static double normal_below(double x)
{
    return erfc(-x / sqrt(2)) / 2;
}

/* A value is (Z + shift) / s, with Z normal and s the root of a chi-square divided by its degrees
 * of freedom. Integrates the normal probability for each s over the density of s, by Simpson's
 * rule. */
double student_t_power(double shift, double freedom, double bound)
{
    enum { INTERVALS = 2000 };
    const double widest = 1 + 9 / sqrt(freedom);
    const double step = widest / INTERVALS;
    const double log_front = log(2) + freedom / 2 * log(freedom / 2) - lgamma(freedom / 2);
    double sum = 0;
    for (int i = 0; i <= INTERVALS; i++) {
        const double s = i * step;
        const double density = i == 0
                                   ? (freedom > 1 ? 0 : exp(log_front))
                                   : exp(log_front + (freedom - 1) * log(s) - freedom * s * s / 2);
        const double outside = normal_below(shift - bound * s) + normal_below(-shift - bound * s);
        const int weight = i == 0 || i == INTERVALS ? 1 : i % 2 == 1 ? 4 : 2;
        sum += weight * density * outside;
    }
    return sum * step / 3;
}
