/* Loads, stores and atomics. Every access is checked: its alignment, the bytes of shared memory
 * that the launch has, the allocation of global memory. */
#include "ptx_addresses.h"
#include "ptx_lanes.h"
#include "ptx_traffic.h"

static uint32_t access_bytes(const ptx_instruction *in)
{
    return in->operation->access.values * in->operation->access.bytes;
}

static void check_alignment(const ptx_warp *warp, const ptx_instruction *in, uint32_t lanes,
                            const uint64_t *addresses)
{
    const uint32_t bytes = access_bytes(in);
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        if (ptx_has_lane(lanes, l) && (addresses[l] & (bytes - 1)) != 0) {
            ptx_fault_at(warp, in, l, "address %#llx is not aligned to %u bytes",
                         (unsigned long long)addresses[l], bytes);
        }
    }
}

/* The addresses of operand `operand` in the block's shared memory. */
static void shared_addresses(const ptx_warp *warp, const ptx_instruction *in, uint32_t operand,
                             uint32_t lanes, uint64_t *addresses)
{
    ptx_read_addresses(warp, in, operand, addresses);
    check_alignment(warp, in, lanes, addresses);
    ptx_check_shared(warp, in, lanes, addresses, access_bytes(in));
    if (warp->block->launch->traffic != NULL) {
        ptx_count_shared(warp->block->launch->traffic, in, lanes, addresses, access_bytes(in));
    }
}

static void global_addresses(const ptx_warp *warp, const ptx_instruction *in, uint32_t operand,
                             uint32_t lanes, uint64_t *addresses, ptx_direction direction)
{
    ptx_read_addresses(warp, in, operand, addresses);
    check_alignment(warp, in, lanes, addresses);
    ptx_check_global(warp, in, lanes, addresses, access_bytes(in));
    if (warp->block->launch->traffic != NULL) {
        ptx_count_global(warp->block->launch->traffic, in, lanes, addresses, access_bytes(in),
                         direction);
    }
}

/* If the register is wider than the value in memory, the value is extended. */
static inline void load_value(unsigned char *to, uint32_t width, const unsigned char *from,
                              uint32_t bytes, bool is_signed)
{
    if (width == 4 && bytes == 4) {
        memcpy(to, from, 4);
    } else if (width == 8 && bytes == 8) {
        memcpy(to, from, 8);
    } else {
        uint64_t value = 0;
        memcpy(&value, from, bytes);
        if (is_signed) {
            const uint32_t unused = 64 - 8 * bytes;
            value = (uint64_t)((int64_t)(value << unused) >> unused);
        }
        memcpy(to, &value, width);
    }
}

/* Addresses are the host's. */
static void load_values(const ptx_warp *warp, const ptx_instruction *in, uint32_t lanes,
                        const uint64_t *addresses)
{
    const ptx_access access = in->operation->access;
    for (uint32_t v = 0; v < access.values; v++) {
        unsigned char *const row = ptx_row(warp, in, v);
        const uint32_t width = in->operands[v].width;
        for (uint32_t l = 0; l < PTX_LANES; l++) {
            if (ptx_has_lane(lanes, l)) {
                load_value(row + l * width, width,
                           (const unsigned char *)(uintptr_t)addresses[l] + v * access.bytes,
                           access.bytes, access.is_signed);
            }
        }
    }
}

static void store_values(const ptx_warp *warp, const ptx_instruction *in, uint32_t lanes,
                         const uint64_t *addresses)
{
    const ptx_access access = in->operation->access;
    for (uint32_t v = 0; v < access.values; v++) {
        const unsigned char *const row = ptx_row(warp, in, v + 1);
        const uint32_t width = in->operands[v + 1].width;
        for (uint32_t l = 0; l < PTX_LANES; l++) {
            if (ptx_has_lane(lanes, l)) {
                unsigned char *const to =
                    (unsigned char *)(uintptr_t)addresses[l] + v * access.bytes;
                if (access.bytes == 4) {
                    memcpy(to, row + l * width, 4);
                } else {
                    memcpy(to, row + l * width, access.bytes);
                }
            }
        }
    }
}

/* Turns addresses in shared memory into the host's. */
static void place_in_block(const ptx_warp *warp, uint64_t *addresses)
{
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        addresses[l] += (uintptr_t)warp->block->shared;
    }
}

static void ld_global(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    uint64_t addresses[PTX_LANES];
    global_addresses(warp, in, in->operation->access.values, lanes, addresses, PTX_LOAD);
    load_values(warp, in, lanes, addresses);
}

static void st_global(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    uint64_t addresses[PTX_LANES];
    global_addresses(warp, in, 0, lanes, addresses, PTX_STORE);
    store_values(warp, in, lanes, addresses);
}

static void ld_shared(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    uint64_t addresses[PTX_LANES];
    shared_addresses(warp, in, in->operation->access.values, lanes, addresses);
    place_in_block(warp, addresses);
    load_values(warp, in, lanes, addresses);
}

static void st_shared(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    uint64_t addresses[PTX_LANES];
    shared_addresses(warp, in, 0, lanes, addresses);
    place_in_block(warp, addresses);
    store_values(warp, in, lanes, addresses);
}

/* A parameter of the kernel, which is the same for all lanes, or of a call, where each lane has its
 * own. */
static void ld_param(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    const ptx_operand *from = &in->operands[in->operation->access.values];
    if (from->row != PTX_NONE) {
        ptx_write_row(ptx_row(warp, in, 0), warp->registers + from->row, from->width, lanes);
        return;
    }
    uint64_t addresses[PTX_LANES];
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        addresses[l] = (uintptr_t)(warp->block->launch->parameters + from->offset);
    }
    load_values(warp, in, lanes, addresses);
}

/* Only for a call: its parameters are registers. */
static void st_param(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    if (in->operands[0].row == PTX_NONE) {
        ptx_fault_at(warp, in, ptx_first_lane(lanes), "a kernel's parameter is written");
    }
    ptx_write_row(ptx_row(warp, in, 0), ptx_row(warp, in, 1), in->operands[1].width, lanes);
}

/* Lanes one after the other. */
static void add_atomically(const ptx_warp *warp, const ptx_instruction *in, uint32_t lanes,
                           const uint64_t *addresses)
{
    const uint32_t bytes = in->operation->access.bytes;
    unsigned char *const before = ptx_row(warp, in, 0);
    const unsigned char *const added = ptx_row(warp, in, 2);
    for (uint32_t l = 0; l < PTX_LANES; l++) {
        if (ptx_has_lane(lanes, l)) {
            void *const place = (void *)(uintptr_t)addresses[l];
            uint64_t old = 0;
            uint64_t value = 0;
            memcpy(&old, place, bytes);
            memcpy(&value, added + l * bytes, bytes);
            value += old;
            memcpy(place, &value, bytes);
            memcpy(before + l * bytes, &old, bytes);
        }
    }
}

static void atom_global_add(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    uint64_t addresses[PTX_LANES];
    global_addresses(warp, in, 1, lanes, addresses, PTX_STORE);
    add_atomically(warp, in, lanes, addresses);
}

static void atom_shared_add(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    uint64_t addresses[PTX_LANES];
    shared_addresses(warp, in, 1, lanes, addresses);
    place_in_block(warp, addresses);
    add_atomically(warp, in, lanes, addresses);
}

/* Accesses take effect immediately, in program order. */
static void fence(ptx_warp *warp, const ptx_instruction *in, uint32_t lanes)
{
    (void)warp;
    (void)in;
    (void)lanes;
}

#define LOAD(text, space, one)                                                                     \
    {                                                                                              \
        .name = text, .operands = "ra", .execute = ld_##space, .access = { 1, one, false }         \
    }
#define LOAD2(text, space, one)                                                                    \
    {                                                                                              \
        .name = text, .operands = "rra", .execute = ld_##space, .access = { 2, one, false }        \
    }
#define LOAD4(text, space, one)                                                                    \
    {                                                                                              \
        .name = text, .operands = "rrrra", .execute = ld_##space, .access = { 4, one, false }      \
    }
#define STORE(text, space, one)                                                                    \
    {                                                                                              \
        .name = text, .operands = "ar", .execute = st_##space, .access = { 1, one, false }         \
    }
#define STORE2(text, space, one)                                                                   \
    {                                                                                              \
        .name = text, .operands = "arr", .execute = st_##space, .access = { 2, one, false }        \
    }
#define STORE4(text, space, one)                                                                   \
    {                                                                                              \
        .name = text, .operands = "arrrr", .execute = st_##space, .access = { 4, one, false }      \
    }
#define PARAMETER(text, rows, count, one, has_sign)                                                \
    {                                                                                              \
        .name = text, .operands = rows "P", .execute = ld_param, .access = {                       \
            count,                                                                                 \
            one,                                                                                   \
            has_sign                                                                               \
        }                                                                                          \
    }

static const ptx_operation table[] = {
    LOAD("ld.global.u8", global, 1),
    LOAD("ld.global.u32", global, 4),
    LOAD("ld.global.u64", global, 8),
    LOAD("ld.global.f32", global, 4),
    LOAD("ld.global.f64", global, 8),
    LOAD("ld.global.nc.u8", global, 1),
    LOAD("ld.global.nc.u32", global, 4),
    LOAD("ld.global.nc.f32", global, 4),
    LOAD("ld.volatile.global.u32", global, 4),
    LOAD("ld.volatile.global.u64", global, 8),
    LOAD("ld.volatile.global.f32", global, 4),
    LOAD2("ld.global.v2.u32", global, 4),
    LOAD2("ld.global.v2.f32", global, 4),
    LOAD2("ld.global.v2.f64", global, 8),
    LOAD4("ld.global.v4.u32", global, 4),
    LOAD4("ld.global.v4.f32", global, 4),
    LOAD4("ld.global.nc.v4.f32", global, 4),
    STORE("st.global.u8", global, 1),
    STORE("st.global.u32", global, 4),
    STORE("st.global.u64", global, 8),
    STORE("st.global.f32", global, 4),
    STORE("st.global.f64", global, 8),
    STORE("st.volatile.global.u32", global, 4),
    STORE("st.volatile.global.u64", global, 8),
    STORE2("st.global.v2.u32", global, 4),
    STORE2("st.global.v2.f32", global, 4),
    STORE2("st.global.v2.f64", global, 8),
    STORE4("st.global.v4.u8", global, 1),
    STORE4("st.global.v4.u32", global, 4),
    STORE4("st.global.v4.f32", global, 4),
    STORE4("st.global.wb.v4.f32", global, 4),
    LOAD("ld.shared.u32", shared, 4),
    LOAD("ld.shared.f32", shared, 4),
    LOAD("ld.shared.f64", shared, 8),
    LOAD2("ld.shared.v2.u32", shared, 4),
    LOAD2("ld.shared.v2.f32", shared, 4),
    LOAD2("ld.shared.v2.f64", shared, 8),
    LOAD4("ld.shared.v4.u32", shared, 4),
    LOAD4("ld.shared.v4.f32", shared, 4),
    STORE("st.shared.u32", shared, 4),
    STORE("st.shared.f32", shared, 4),
    STORE("st.shared.f64", shared, 8),
    STORE2("st.shared.v2.u32", shared, 4),
    STORE2("st.shared.v2.f32", shared, 4),
    STORE2("st.shared.v2.f64", shared, 8),
    STORE4("st.shared.v4.u32", shared, 4),
    STORE4("st.shared.v4.f32", shared, 4),
    PARAMETER("ld.param.u8", "r", 1, 1, false),
    PARAMETER("ld.param.s8", "r", 1, 1, true),
    PARAMETER("ld.param.v4.u8", "rrrr", 4, 1, false),
    PARAMETER("ld.param.u32", "r", 1, 4, false),
    PARAMETER("ld.param.v2.u32", "rr", 2, 4, false),
    PARAMETER("ld.param.u64", "r", 1, 8, false),
    PARAMETER("ld.param.v2.u64", "rr", 2, 8, false),
    PARAMETER("ld.param.f32", "r", 1, 4, false),
    PARAMETER("ld.param.v2.f32", "rr", 2, 4, false),
    PARAMETER("ld.param.f64", "r", 1, 8, false),
    {.name = "st.param.f64", .operands = "P8", .execute = st_param, .access = {1, 8, false}},
    {.name = "atom.global.add.u32",
     .operands = "4a4",
     .execute = atom_global_add,
     .access = {1, 4, false}},
    {.name = "atom.global.add.u64",
     .operands = "8a8",
     .execute = atom_global_add,
     .access = {1, 8, false}},
    {.name = "atom.shared.add.u32",
     .operands = "4a4",
     .execute = atom_shared_add,
     .access = {1, 4, false}},
    {.name = "membar.gl", .operands = "", .execute = fence},
    {.name = "membar.sys", .operands = "", .execute = fence},
};

PTX_FAMILY(ptx_memory, table);
