/* Addresses of accesses: reading them from a register, and whether there is memory. */
#ifndef PTX_ADDRESSES_H
#define PTX_ADDRESSES_H

#include "ptx_machine.h"

/* Of all lanes, also of those that do not take part, whose mean nothing. */
void ptx_read_addresses(const ptx_warp *warp, const ptx_instruction *in, uint32_t operand,
                        uint64_t *addresses);

/* A fault if a lane's `bytes` bytes are not all shared memory of the launch. */
void ptx_check_shared(const ptx_warp *warp, const ptx_instruction *in, uint32_t lanes,
                      const uint64_t *addresses, uint32_t bytes);

/* A fault if a lane's bytes do not all lie in one allocation. */
void ptx_check_global(const ptx_warp *warp, const ptx_instruction *in, uint32_t lanes,
                      const uint64_t *addresses, uint32_t bytes);

#endif
