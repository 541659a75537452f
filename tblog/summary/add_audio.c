/* Audio: a list of WAV files, here always one. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "little_endian.h"
#include "plugin_content.h"
#include "refusal.h"
#include "tensor_event.h"
#include "wav.h"

/* Converts -1 .. 1 to 16 bits, rounded to nearest. Others are clipped; NaN becomes silence. */
static int16_t sample_from_float(float value)
{
    if (isnan(value)) {
        return 0;
    }
    const float clipped = value < -1.0f ? -1.0f : value > 1.0f ? 1.0f : value;
    const float scaled = clipped * 32767.0f;
    return (int16_t)(scaled < 0.0f ? scaled - 0.5f : scaled + 0.5f);
}

/* The caller's samples: floats or 16-bit integers; the other pointer is NULL. */
typedef struct audio {
    const float *floats;
    const int16_t *shorts;
    size_t frame_count;
    unsigned channels;
    uint32_t sample_rate;
} audio;

static bool is_sound_audio(const audio *a)
{
    return admit(a->floats != NULL || a->shorts != NULL, "the samples are NULL") &&
           admit(a->frame_count > 0, "no frames") &&
           admit(a->channels > 0 && a->channels <= UINT16_MAX / sizeof(int16_t),
                 "channel count %u is not in 1..%zu", a->channels, UINT16_MAX / sizeof(int16_t)) &&
           admit(a->sample_rate > 0 &&
                     a->sample_rate <= UINT32_MAX / (a->channels * sizeof(int16_t)),
                 "a sample rate of %" PRIu32 " Hz is not valid in a WAV file", a->sample_rate) &&
           admit(a->frame_count <= WAV_DATA_BYTES_MAX / (a->channels * sizeof(int16_t)),
                 "frame count %zu is too large for a WAV file", a->frame_count);
}

/* `samples` has room for all of them. */
static void fill_samples(uint8_t *samples, const audio *a)
{
    const size_t count = a->frame_count * a->channels;
    for (size_t i = 0; i < count; i++) {
        const int16_t sample = a->shorts != NULL ? a->shorts[i] : sample_from_float(a->floats[i]);
        little_endian_store(samples + i * sizeof sample, sizeof sample, (uint16_t)sample);
    }
}

static tblog_status add_audio(tblog_writer *writer, const char *tag, int64_t step, const audio *a)
{
    refusal_begin(writer);
    if (!is_sound_audio(a)) {
        return TBLOG_INVALID;
    }
    const size_t data_bytes = a->frame_count * a->channels * sizeof(int16_t);
    uint8_t *wav = malloc(WAV_HEADER_BYTES + data_bytes);
    byte_buffer content = {0};
    tblog_status status = TBLOG_NO_MEMORY;
    if (wav != NULL && plugin_content_wav(&content)) {
        wav_fill_header(wav, (uint16_t)a->channels, a->sample_rate, data_bytes);
        fill_samples(wav + WAV_HEADER_BYTES, a);
        const event_bytes string = {.data = wav, .count = WAV_HEADER_BYTES + data_bytes};
        event_tensor tensor = {.tag = tag,
                               .plugin = TAG_PLUGIN_AUDIO,
                               .plugin_content = {.data = content.data, .count = content.size},
                               .type = EVENT_STRING,
                               .dims = {1},
                               .rank = 1,
                               .strings = &string,
                               .string_count = 1};
        status = tensor_event_add(writer, step, &tensor, 1);
    }
    byte_buffer_free(&content);
    free(wav);
    return status;
}

tblog_status tblog_add_audio(tblog_writer *writer, const char *tag, int64_t step,
                             const float *samples, size_t frame_count, unsigned channels,
                             uint32_t sample_rate)
{
    const audio given = {.floats = samples,
                         .frame_count = frame_count,
                         .channels = channels,
                         .sample_rate = sample_rate};
    return add_audio(writer, tag, step, &given);
}

tblog_status tblog_add_audio_int16(tblog_writer *writer, const char *tag, int64_t step,
                                   const int16_t *samples, size_t frame_count, unsigned channels,
                                   uint32_t sample_rate)
{
    const audio given = {.shorts = samples,
                         .frame_count = frame_count,
                         .channels = channels,
                         .sample_rate = sample_rate};
    return add_audio(writer, tag, step, &given);
}
