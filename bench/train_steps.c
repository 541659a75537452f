/* Times training steps of the CPU engine, a few to warm up, then --steps in a row, and an
 * evaluation. */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "clock.h"
#include "engine_options.h"

enum { WARM_UP = 10, WAKE_UP = 3, TURN_SAMPLES = 640 };

typedef struct options {
    engine_options engine;
    bool serve;
    engine_precision against; /* ENGINE_DEFAULT_PRECISION if not given */
    unsigned rounds;
} options;

enum { OPTION_SERVE = 1024, OPTION_AGAINST, OPTION_ROUNDS };

static error_t parse(int key, char *text, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->engine;
        break;
    case OPTION_SERVE:
        o->serve = true;
        break;
    case OPTION_AGAINST:
        o->against = engine_options_precision(text, state);
        break;
    case OPTION_ROUNDS:
        o->rounds = (unsigned)engine_options_number(text, 1, 10000, state);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp_option argp_options[] = {
    {"against", OPTION_AGAINST, "PRECISION", 0,
     "Also train a second engine, in this precision. After --steps of each they take turns, and "
     "their processor times are compared, for 640 samples and for an evaluation",
     0},
    {"rounds", OPTION_ROUNDS, "N", 0, "With --against: how often (default 40)", 0},
    {"serve", OPTION_SERVE, NULL, 0,
     "Say 'ready', then train as many steps as each line of stdin says, and answer with their "
     "seconds and mean loss",
     0},
    {0},
};

static const struct argp_child argp_children[] = {{&engine_options_argp, 0, NULL, 0}, {0}};

static double train(engine *e, unsigned steps)
{
    return engine_options_train(e, steps, ENGINE_OPTIONS_CHUNK);
}

static double seconds_of(engine *e, unsigned steps, double *loss)
{
    const double begin = seconds_now();
    *loss = train(e, steps);
    return seconds_now() - begin;
}

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Returns the processor time of an evaluation, and stores its wall-clock time in *wall. */
static double evaluation_of(engine *e, double *wall)
{
    engine_result result;
    const double begin = seconds_now();
    const double processor_begin = processor_seconds();
    if (engine_find("cpu")->evaluate(e, ENGINE_VALIDATION, &result, NULL) != ENGINE_OK) {
        errx(EXIT_FAILURE, "%s", engine_find("cpu")->message(e));
    }
    *wall = seconds_now() - begin;
    return processor_seconds() - processor_begin;
}

static void time_once(engine *e, const engine_options *o, uint32_t samples)
{
    double loss;
    const engine_plan *plan = engine_find("cpu")->planned(e);
    const double step_seconds = seconds_of(e, o->steps, &loss) / o->steps;
    printf("ours bs %u: %.3f ms/step, %.2f s/epoch, %s, %s, mean loss %.6f\n",
           (unsigned)o->config.batch_size, step_seconds * 1e3,
           step_seconds * samples / o->config.batch_size, plan->hardware,
           engine_precision_name(plan->precision), loss);
    double wall;
    const double processor = evaluation_of(e, &wall);
    printf("evaluation of the validation set: %.2f s, %.2f s of processor time\n", wall, processor);
}

/* Each line of stdin is a number of steps to train; prints their seconds and mean loss. */
static void answer_requests(engine *e)
{
    unsigned steps;
    double loss;
    puts("ready");
    fflush(stdout);
    while (scanf("%u", &steps) == 1 && steps > 0) {
        train(e, WAKE_UP);
        printf("%.6f ", seconds_of(e, steps, &loss));
        printf("%.4f\n", loss);
        fflush(stdout);
    }
}

static double turn_of(engine *e, unsigned steps)
{
    const double begin = processor_seconds();
    train(e, steps);
    return processor_seconds() - begin;
}

static int compare_doubles(const void *left, const void *right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Also sorts `ratios`. */
static void print_ratios(const char *what, double *ratios, unsigned count)
{
    qsort(ratios, count, sizeof *ratios, compare_doubles);
    printf("%s: %.3f of the other's processor time (quartiles %.3f to %.3f)\n", what,
           ratios[count / 2], ratios[count / 4], ratios[count - 1 - count / 4]);
}

/* The two take turns in one process, and alternate in which comes first. So disturbances on the
 * machine affect both alike. */
static void compare(engine *e, engine *other, const engine_options *o, unsigned rounds)
{
    const unsigned steps = TURN_SAMPLES / o->config.batch_size + 1;
    double *training = calloc(2 * (size_t)rounds, sizeof *training);
    if (training == NULL) {
        errx(EXIT_FAILURE, "out of memory");
    }
    double *evaluation = training + rounds;
    train(e, o->steps);
    train(other, o->steps);
    for (unsigned i = 0; i < rounds; i++) {
        engine *const first = i % 2 == 0 ? e : other;
        engine *const second = i % 2 == 0 ? other : e;
        const double a = turn_of(first, steps);
        const double b = turn_of(second, steps);
        double wall;
        const double c = evaluation_of(first, &wall);
        const double d = evaluation_of(second, &wall);
        training[i] = first == e ? a / b : b / a;
        evaluation[i] = first == e ? c / d : d / c;
    }
    print_ratios("training", training, rounds);
    print_ratios("evaluation", evaluation, rounds);
    free(training);
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        .options = argp_options,
        .parser = parse,
        .children = argp_children,
        .doc =
            "Times training steps of the CPU engine, after a few to warm up, and an evaluation."};
    options o = {.engine = engine_options_defaults(), .rounds = 40};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    dataset data;
    engine_options_load(&o.engine, &data);
    engine *e = engine_options_create(&o.engine.config, &data);
    if (o.against != ENGINE_DEFAULT_PRECISION) {
        engine_config config = o.engine.config;
        config.precision = o.against;
        engine *other = engine_options_create(&config, &data);
        compare(e, other, &o.engine, o.rounds);
        engine_find("cpu")->destroy(other);
    } else {
        train(e, WARM_UP);
        if (o.serve) {
            answer_requests(e);
        } else {
            time_once(e, &o.engine, data.training.count);
        }
    }
    engine_find("cpu")->destroy(e);
    dataset_free(&data);
    return EXIT_SUCCESS;
}
