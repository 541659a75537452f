#include "ptx_registers.h"

#include <ctype.h>
#include <string.h>

/* In the order of ptx_special. */
static const char *const special_names[PTX_SPECIALS] = {
    "%tid.x",   "%tid.y",   "%tid.z",    "%ntid.x",   "%ntid.y",   "%ntid.z", "%ctaid.x",
    "%ctaid.y", "%ctaid.z", "%nctaid.x", "%nctaid.y", "%nctaid.z", "%laneid",
};

static const struct {
    const char *type;
    uint32_t width;
} types[] = {
    {".pred", PTX_PREDICATE},
    {".b16", 2},
    {".u16", 2},
    {".s16", 2},
    {".b32", 4},
    {".u32", 4},
    {".s32", 4},
    {".f32", 4},
    {".b64", 8},
    {".u64", 8},
    {".s64", 8},
    {".f64", 8},
};

uint32_t ptx_width_of_type(ptx_token type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (ptx_token_is(type, types[i].type)) {
            return types[i].width;
        }
    }
    return 0;
}

/* A predicate uses one word; the rest of its row is unused. */
static uint32_t row_bytes(uint32_t width)
{
    const uint32_t bytes = width == PTX_PREDICATE ? sizeof(uint32_t) : width * PTX_LANES;
    return (bytes + PTX_ROW_ALIGN - 1) / PTX_ROW_ALIGN * PTX_ROW_ALIGN;
}

static uint32_t take_rows(ptx_registers *registers, uint32_t width, uint32_t count)
{
    const uint32_t row = registers->bytes;
    registers->bytes += row_bytes(width) * count;
    return row;
}

ptx_registers ptx_registers_begin(ptx_arena *arena)
{
    ptx_registers registers = {.arena = arena};
    for (int i = 0; i < PTX_SPECIALS; i++) {
        const ptx_token text = {special_names[i], strlen(special_names[i]), 0};
        ptx_registers_declare(&registers, text, 0, sizeof(uint32_t));
    }
    return registers;
}

static void add_name(ptx_registers *registers, const ptx_name *name)
{
    registers->names = ptx_arena_resize(registers->arena, registers->names,
                                        (registers->name_count + 1) * sizeof *registers->names);
    registers->names[registers->name_count++] = *name;
}

void ptx_registers_declare(ptx_registers *registers, ptx_token text, uint32_t count, uint32_t width)
{
    const uint32_t row = take_rows(registers, width, count > 0 ? count : 1);
    add_name(registers, &(ptx_name){text, count, width, row});
}

void ptx_registers_alias(ptx_registers *registers, ptx_token text, const ptx_operand *operand)
{
    add_name(registers, &(ptx_name){text, 0, operand->width, operand->row});
}

size_t ptx_registers_mark(const ptx_registers *registers)
{
    return registers->name_count;
}

void ptx_registers_release(ptx_registers *registers, size_t mark)
{
    registers->name_count = mark;
}

/* The number of the register in this declaration; PTX_NONE if the declaration is of others. */
static uint32_t number_in(const ptx_name *name, ptx_token text)
{
    const size_t prefix = name->text.length;
    if (text.length < prefix || memcmp(text.text, name->text.text, prefix) != 0) {
        return PTX_NONE;
    }
    if (name->count == 0) {
        return text.length == prefix ? 0 : PTX_NONE;
    }
    uint32_t number = 0;
    for (size_t i = prefix; i < text.length; i++) {
        if (!isdigit((unsigned char)text.text[i]) || number >= name->count) {
            return PTX_NONE;
        }
        number = 10 * number + (uint32_t)(text.text[i] - '0');
    }
    return text.length > prefix && number < name->count ? number : PTX_NONE;
}

bool ptx_registers_find(const ptx_registers *registers, ptx_token text, ptx_operand *operand)
{
    for (size_t i = registers->name_count; i-- > 0;) {
        const ptx_name *name = &registers->names[i];
        const uint32_t number = number_in(name, text);
        if (number != PTX_NONE) {
            *operand = (ptx_operand){.row = name->row + number * row_bytes(name->width),
                                     .width = name->width};
            return true;
        }
    }
    return false;
}

ptx_operand ptx_registers_constant(ptx_registers *registers, uint64_t value, uint32_t width)
{
    for (uint32_t i = 0; i < registers->constant_count; i++) {
        const ptx_constant *known = &registers->constants[i];
        if (known->value == value && known->width == width) {
            return (ptx_operand){.row = known->row, .width = width};
        }
    }
    const uint32_t row = take_rows(registers, width, 1);
    registers->constants =
        ptx_arena_resize(registers->arena, registers->constants,
                         (registers->constant_count + 1) * sizeof *registers->constants);
    registers->constants[registers->constant_count++] = (ptx_constant){row, width, value};
    return (ptx_operand){.row = row, .width = width};
}
