/* The shadow of shared memory: finds accesses of two threads to the same bytes, one of them a
 * write, without a barrier between them, in whichever order they ran. */
#include "cuda_host_shadow.h"

#include <algorithm>
#include <stdio.h>
#include <string.h>

#include "cuda_host_running.h"

namespace cuda_host
{

namespace
{

const size_t COPY_BYTES = 16;
const char *const HOW[] = {"reads", "writes", "adds to"};

/* Whether an earlier access by a warp, in this block interval, is ordered before the present
 * access: it is if a barrier of the same warp lies between them. */
bool ordered(uint32_t warp_number, uint32_t warp_epoch)
{
    return warp_number == here.thread / 32u && warp_epoch != here.warp_epoch;
}

bool after_write(const shadow_word &s)
{
    return s.written < here.epoch || s.writer == here.thread ||
           (s.writer != ATOMICALLY && ordered(s.writer / 32u, s.written));
}

bool after_reads(const shadow_word &s)
{
    if (s.read < here.epoch || s.reader == here.thread) {
        return true;
    }
    if (s.reader == BY_WARPS) {
        return false;
    }
    const uint32_t warp_number = s.reader & BY_LANES ? s.reader & ~BY_LANES : s.reader / 32u;
    return ordered(warp_number, s.read);
}

[[noreturn]] void race(const void *place, const shadow_word &s, int how, bool with_write)
{
    char where[256];
    char other[64];
    describe_place(*now.home, place, where, sizeof where);
    if (with_write && s.writer == ATOMICALLY) {
        snprintf(other, sizeof other, "atomics add to");
    } else if (with_write) {
        snprintf(other, sizeof other, "thread %u of the block writes", s.writer);
    } else if (s.reader == BY_WARPS) {
        snprintf(other, sizeof other, "threads of several warps read");
    } else if (s.reader & BY_LANES) {
        snprintf(other, sizeof other, "lanes of warp %u read", s.reader & ~BY_LANES);
    } else {
        snprintf(other, sizeof other, "thread %u of the block reads", s.reader);
    }
    found("race: %s %s, which %s without a barrier between", HOW[how], where, other);
}

void note_read(shadow_word &s)
{
    const uint32_t mine = here.thread / 32u;
    const bool fresh = s.read < here.epoch || s.reader == here.thread;
    if (fresh || (s.reader != BY_WARPS && after_reads(s))) {
        s.reader = here.thread;
    } else if (s.reader != BY_WARPS) {
        const uint32_t other =
            s.reader & BY_LANES ? s.reader & ~uint32_t(BY_LANES) : s.reader / 32u;
        s.reader = static_cast<uint16_t>(other == mine ? BY_LANES | mine : BY_WARPS);
    }
    s.read = here.warp_epoch;
}

void touch(const void *place, shadow_word &s, int how)
{
    const bool joins = how == ADDING && s.written >= here.epoch && s.writer == ATOMICALLY;
    if (!joins && !after_write(s)) {
        race(place, s, how, true);
    }
    if (how == READING) {
        note_read(s);
        return;
    }
    if (!after_reads(s)) {
        race(place, s, how, false);
    }
    s.written = here.warp_epoch;
    s.writer = how == ADDING ? static_cast<uint16_t>(ATOMICALLY) : here.thread;
}

} // namespace

void touch_shared(const void *place, size_t bytes, int how)
{
    block &home = *now.home;
    const size_t at = static_cast<size_t>(static_cast<const unsigned char *>(place) - home.shared);
    for (size_t i = at; i < at + bytes; i = (i / 4 + 1) * 4) {
        shadow_word &word = home.shadow[i / 4];
        if (word.guard == COPYING) {
            char where[256];
            describe_place(home, place, where, sizeof where);
            found("%s %s, to which a copy_async is under way", HOW[how], where);
        }
        const bool whole = i % 4 == 0 && at + bytes >= i + 4;
        if (whole && word.guard != here.epoch) {
            touch(home.shared + i, word, how);
            continue;
        }
        if (home.byte_shadow.size() < 4 * home.shadow.size()) {
            home.byte_shadow.resize(4 * home.shadow.size());
        }
        if (word.guard != here.epoch) {
            for (size_t b = 0; b < 4; b++) {
                home.byte_shadow[i / 4 * 4 + b] = word;
            }
            word.guard = here.epoch;
        }
        const size_t end = std::min(at + bytes, (i / 4 + 1) * 4);
        for (size_t b = i; b < end; b++) {
            touch(home.shared + b, home.byte_shadow[b], how);
        }
    }
}

void prepare_shared(block &b, size_t bytes)
{
    const size_t words = bytes / 16 * 4 + 4;
    if (b.shadow.size() < words) {
        b.shadow.resize(words);
        b.shared_store.resize(4 * words + 128);
    }
    const uintptr_t store = reinterpret_cast<uintptr_t>(b.shared_store.data());
    b.shared = reinterpret_cast<unsigned char *>((store + 127) / 128 * 128);
    b.shared_bytes = bytes;
    b.spans.clear();
    memset(b.shared, 0xff, 4 * words);
}

void clear_shadow(block &b)
{
    std::fill(b.shadow.begin(), b.shadow.end(), shadow_word());
    std::fill(b.byte_shadow.begin(), b.byte_shadow.end(), shadow_word());
}

void take(unsigned char *begin, size_t bytes, size_t value_bytes, const char *file, int line)
{
    block &home = *now.home;
    const size_t at = static_cast<size_t>(begin - home.shared);
    if (at + bytes > home.shared_bytes) {
        found("takes bytes %zu to %zu of the %zu of shared memory that the launch gave (%s:%d)", at,
              at + bytes, home.shared_bytes, file, line);
    }
    for (const taken_span &s : home.spans) {
        if (s.begin == begin && s.bytes == bytes && s.line == line) {
            return;
        }
    }
    home.spans.push_back({begin, bytes, value_bytes, file, line});
}

void describe_place(const block &home, const void *place, char *text, size_t bytes)
{
    const unsigned char *p = static_cast<const unsigned char *>(place);
    snprintf(text, bytes, "byte %td of shared memory", p - home.shared);
    for (const taken_span &s : home.spans) {
        if (p >= s.begin && p < s.begin + s.bytes) {
            snprintf(text, bytes, "value %zu of the span of %zu (of %zu bytes each) taken at %s:%d",
                     static_cast<size_t>(p - s.begin) / s.value_bytes, s.bytes / s.value_bytes,
                     s.value_bytes, s.file, s.line);
        }
    }
}

void outside_span(const void *begin, ptrdiff_t i, int count, ptrdiff_t size, size_t value_bytes)
{
    const block &home = *now.home;
    const char *file = "?";
    int line = 0;
    for (const taken_span &s : home.spans) {
        if (s.begin == begin && s.bytes == static_cast<size_t>(size) * value_bytes) {
            file = s.file;
            line = s.line;
        }
    }
    found("reaches for values %td to %td of a span of %td, taken at %s:%d", i, i + count - 1, size,
          file, line);
}

void unaligned(const void *begin, ptrdiff_t i, int count)
{
    char where[256];
    describe_place(*now.home, begin, where, sizeof where);
    found("reaches for a vector of %d values at value %td, where it is not aligned, of %s", count,
          i, where);
}

void copy_start(void *to, const void *from)
{
    touch_shared(to, COPY_BYTES, WRITING);
    if (reinterpret_cast<uintptr_t>(from) % COPY_BYTES != 0) {
        found("copy_async16 from %p, which is no multiple of 16", from);
    }
    memset(to, 0xff, COPY_BYTES);
    for (size_t w = 0; w < COPY_BYTES / 4; w++) {
        shadow_of(to)[w].guard = COPYING;
    }
    current->copies.push_back({to, from, current->copy_groups});
}

void copy_commit()
{
    current->copy_groups++;
}

void copy_wait(unsigned groups_left)
{
    std::vector<pending_copy> &copies = current->copies;
    size_t done = 0;
    /* The latest groups_left groups stay pending, and so do copies that are in no group yet. */
    while (done < copies.size() && copies[done].group + groups_left < current->copy_groups) {
        const pending_copy &copy = copies[done++];
        for (size_t w = 0; w < COPY_BYTES / 4; w++) {
            shadow_of(copy.to)[w].guard = 0;
        }
        touch_shared(copy.to, COPY_BYTES, WRITING);
        if (copy.from != nullptr) {
            memcpy(copy.to, copy.from, COPY_BYTES);
        } else {
            memset(copy.to, 0, COPY_BYTES);
        }
    }
    copies.erase(copies.begin(), copies.begin() + static_cast<ptrdiff_t>(done));
}

} // namespace cuda_host
