#include "ptx_traffic.h"

#include <stdbool.h>

enum { MOST_BYTES = 16, WORD = 4 };

/* Moves the distinct ones of `count` values to the front and returns their number. */
static uint32_t distinct(uint64_t *values, uint32_t count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool is_new = true;
        for (uint32_t k = kept; k-- > 0 && is_new;) {
            is_new = values[k] != values[i];
        }
        if (is_new) {
            values[kept++] = values[i];
        }
    }
    return kept;
}

/* Stores each lane's address divided by `unit`. Returns the number of lanes. */
static uint32_t units(const uint64_t *addresses, uint32_t lanes, uint32_t unit, uint64_t *out)
{
    uint32_t count = 0;
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        if ((lanes >> l & 1) != 0) {
            out[count++] = addresses[l] / unit;
        }
    }
    return count;
}

static uint64_t divide_up(uint64_t a, uint64_t b)
{
    return (a + b - 1) / b;
}

static void add(ptx_count *to, const ptx_count *request)
{
    to->requests += request->requests;
    to->bytes += request->bytes;
    to->used += request->used;
    to->least += request->least;
}

static void add_request(ptx_traffic *traffic, const ptx_instruction *in, ptx_count *to,
                        const ptx_count *request)
{
    add(to, request);
    if (traffic->by_instruction != NULL) {
        add(&traffic->by_instruction[in - traffic->code], request);
    }
}

void ptx_count_global(ptx_traffic *traffic, const ptx_instruction *in, uint32_t lanes,
                      const uint64_t *addresses, uint32_t bytes, ptx_direction direction)
{
    uint64_t places[PTX_LANES];
    const uint32_t asked = distinct(places, units(addresses, lanes, bytes, places)) * bytes;
    const uint32_t sectors = distinct(places, units(addresses, lanes, PTX_SECTOR_BYTES, places));
    const ptx_count request = {1, asked, sectors, divide_up(asked, PTX_SECTOR_BYTES)};
    add_request(traffic, in, &traffic->global[direction], &request);
}

/* The largest number of words that one bank must deliver to some lanes at the same time. */
static void count_wavefronts(const uint64_t *addresses, uint32_t lanes, uint32_t bytes,
                             ptx_count *request)
{
    uint64_t words[PTX_LANES * MOST_BYTES / WORD];
    const uint32_t count = units(addresses, lanes, WORD, words);
    const uint32_t words_each = bytes > WORD ? bytes / WORD : 1;
    for (uint32_t w = 1; w < words_each; w++) {
        for (uint32_t i = 0; i < count; i++) {
            words[w * count + i] = words[i] + w;
        }
    }
    const uint32_t all = distinct(words, count * words_each);
    uint32_t in_bank[PTX_BANKS] = {0};
    uint32_t most = 0;
    for (uint32_t i = 0; i < all; i++) {
        const uint32_t here = ++in_bank[words[i] % PTX_BANKS];
        most = here > most ? here : most;
    }
    request->bytes += (uint64_t)all * WORD;
    request->used += most;
    request->least += divide_up(all, PTX_BANKS);
}

/* Vectors of 8 bytes are served for half a warp at a time, those of 16 for a quarter. */
void ptx_count_shared(ptx_traffic *traffic, const ptx_instruction *in, uint32_t lanes,
                      const uint64_t *addresses, uint32_t bytes)
{
    const uint32_t together = bytes <= WORD ? PTX_LANES : PTX_LANES * WORD / bytes;
    ptx_count request = {.requests = 1};
    for (uint32_t first = 0; first < PTX_LANES; first += together) {
        const uint32_t part = (uint32_t)(((UINT64_C(1) << together) - 1) << first) & lanes;
        if (part != 0) {
            count_wavefronts(addresses, part, bytes, &request);
        }
    }
    add_request(traffic, in, &traffic->shared, &request);
}
