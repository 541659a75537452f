/* Kernels for the harness's own test: correct ones, and some that are each wrong in one way. */
#ifndef SAMPLE_KERNELS_H
#define SAMPLE_KERNELS_H

#include <cuda_runtime.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* out[b] = sum over 256 values, by shuffles and shared memory. */
cudaError_t sample_block_sums(const float *in, float *out, unsigned blocks, cudaStream_t stream);

/* out[i] = in[255 - i], through shared memory filled by asynchronous copies in two groups; with
 * `count` below 256 the copies of the others are zeros. */
cudaError_t sample_reverse(const float *in, float *out, unsigned count, cudaStream_t stream);

/* out[i], i < 64: how many of in[0 .. 512) equal i, by atomics in shared memory; out[64]: their
 * sum, by an atomic in global memory. */
cudaError_t sample_count(const uint8_t *in, uint32_t *out, cudaStream_t stream);

/* Bytes that neighbours write into one word, and that others read: out = in, 256 bytes. */
cudaError_t sample_bytes(const uint8_t *in, uint8_t *out, cudaStream_t stream);

/* Shuffles and votes of 64 threads, four each, into out[64 * 4]. */
cudaError_t sample_shuffles(uint32_t *out, cudaStream_t stream);

/* Rotates 32 words a warp through shared memory with __syncwarp alone, `times` times. */
cudaError_t sample_rotate(const uint32_t *in, uint32_t *out, unsigned times, cudaStream_t stream);

/* Adds 1 to each of out[0 .. 64). */
cudaError_t sample_increment(float *out, cudaStream_t stream);

/* What is wrong: */
typedef enum wrong_kernel {
    WRONG_NO_BARRIER,           /* between a write and another warp's read */
    WRONG_NO_SECOND_BARRIER,    /* between a read and another warp's write in the next turn */
    WRONG_SHUFFLE_FOR_SYNCWARP, /* a shuffle between a write and another lane's read */
    WRONG_SYNCWARP_FOR_BLOCK,   /* __syncwarp between a write and another warp's read */
    WRONG_TWO_WRITERS,          /* of one value, at the same time */
    WRONG_BYTE_RACE,            /* two writers of one byte */
    WRONG_WORD_OVER_BYTES,      /* a word is read while others write its bytes */
    WRONG_PLAIN_BESIDE_ATOMIC,  /* a plain read while others add */
    WRONG_PHASES,               /* two spans that share bytes, no barrier between the phases */
    WRONG_BARRIER_IN_BRANCH,    /* some threads return instead */
    WRONG_BARRIER_IN_LOOP,      /* one warp comes once more than the others */
    WRONG_TWO_BARRIERS,         /* half of the block waits in another place */
    WRONG_ABSENT_LANE,          /* a shuffle after some lanes returned */
    WRONG_MMA_BY_PART,          /* lanes that do not take part */
    WRONG_NOT_IN_MASK,          /* the calling lane */
    WRONG_SOURCE_NOT_IN_MASK,
    WRONG_MASKS_DIFFER,
    WRONG_COLLECTIVES_DIFFER,
    WRONG_BEYOND_SPAN,
    WRONG_BEFORE_SPAN,
    WRONG_VECTOR_BEYOND_SPAN,
    WRONG_VECTOR_UNALIGNED,
    WRONG_TAKES_TOO_MUCH,
    WRONG_NOT_ROUNDED,       /* a float as operand of mma_tf32 */
    WRONG_COPY_NOT_AWAITED,  /* read by its own thread */
    WRONG_COPY_NO_BARRIER,   /* awaited, then read by another thread */
    WRONG_COPY_LATEST_GROUP, /* waits for all groups but the one that it reads */
    WRONG_COPY_NEVER_AWAITED,
    WRONG_COPY_OVER_READ, /* into what another thread still reads */
    WRONG_COPY_UNALIGNED,
    WRONG_KERNELS
} wrong_kernel;

/* 64 threads in one block; global memory of 64 floats. */
cudaError_t wrong_launch(wrong_kernel which, float *global, cudaStream_t stream);

/* Writes out[65] from memory for 64: AddressSanitizer's to find. */
cudaError_t wrong_global_write(float *out, cudaStream_t stream);

/* Block b writes the least place of its own: depends on the order of blocks, which no single run
 * shows. */
cudaError_t wrong_order_of_blocks(float *out, cudaStream_t stream);

#ifdef __cplusplus
}
#endif

#endif
