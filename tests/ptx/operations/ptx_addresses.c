#include "ptx_addresses.h"

#include <string.h>

void ptx_read_addresses(const ptx_warp *warp, const ptx_instruction *in, uint32_t operand,
                        uint64_t *addresses)
{
    const int64_t offset = in->operands[operand].offset;
    if (in->operands[operand].width == sizeof(uint32_t)) {
        uint32_t row[PTX_LANES];
        memcpy(row, ptx_row(warp, in, operand), sizeof row);
        for (uint32_t l = 0; l < PTX_LANES; l++) {
            addresses[l] = (uint32_t)(row[l] + (uint32_t)offset);
        }
        return;
    }
    uint64_t row[PTX_LANES];
    memcpy(row, ptx_row(warp, in, operand), sizeof row);
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        addresses[l] = row[l] + (uint64_t)offset;
    }
}

void ptx_check_shared(const ptx_warp *warp, const ptx_instruction *in, uint32_t lanes,
                      const uint64_t *addresses, uint32_t bytes)
{
    const uint64_t end = warp->block->launch->shared_bytes;
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        if (ptx_has_lane(lanes, l) && (addresses[l] > end || end - addresses[l] < bytes)) {
            ptx_fault_at(warp, in, l, "byte %llu of %llu of shared memory",
                         (unsigned long long)addresses[l], (unsigned long long)end);
        }
    }
}

static bool lies_in(const ptx_range *range, uint64_t address, uint32_t bytes)
{
    return address >= range->begin && address < range->end && range->end - address >= bytes;
}

/* An instruction mostly accesses the same allocation as before. */
void ptx_check_global(const ptx_warp *warp, const ptx_instruction *in, uint32_t lanes,
                      const uint64_t *addresses, uint32_t bytes)
{
    const ptx_block *block = warp->block;
    ptx_range *range = &warp->block->ranges[(in - block->kernel->code) % PTX_RANGES];
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        if (!ptx_has_lane(lanes, l) || lies_in(range, addresses[l], bytes)) {
            continue;
        }
        *range = block->launch->allocation(addresses[l]);
        if (!lies_in(range, addresses[l], bytes)) {
            ptx_fault_at(warp, in, l, "%u bytes at %#llx are in no allocation", bytes,
                         (unsigned long long)addresses[l]);
        }
    }
}
