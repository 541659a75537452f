/* Reads the addresses of an access from a register, and checks that there is memory. */
#ifndef PTX_ADDRESSES_H
#define PTX_ADDRESSES_H

#include "ptx_machine.h"

/* The addresses of all lanes. Those of lanes that do not take part are meaningless. */
void ptx_read_addresses(const ptx_warp *warp, const ptx_instruction *in, uint32_t operand,
                        uint64_t *addresses);

/* A fault if a lane's `bytes` bytes are not all in the launch's shared memory. */
void ptx_check_shared(const ptx_warp *warp, const ptx_instruction *in, uint32_t lanes,
                      const uint64_t *addresses, uint32_t bytes);

/* A fault if a lane's bytes are not all in one allocation. */
void ptx_check_global(const ptx_warp *warp, const ptx_instruction *in, uint32_t lanes,
                      const uint64_t *addresses, uint32_t bytes);

#endif
