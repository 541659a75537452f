#include "ptx_parser.h"

#include <stdlib.h>
#include <string.h>

#include "ptx_fault.h"
#include "ptx_operations.h"
#include "ptx_registers.h"

enum { PARAMETER_ALIGN = 16 };

typedef struct label {
    ptx_token name;
    uint32_t inlined; /* which copy of a function it stands in; 0 is the kernel itself */
    uint32_t at;
} label;

/* The label at the end of each copy of a function. No label of the file has this name. */
static const ptx_token end_of_copy = {"(end)", 5, 0};

typedef struct parser {
    const ptx_routines *routines;
    ptx_kernel kernel;
    ptx_registers registers;
    label *labels;
    size_t label_count;
    ptx_token *branches; /* the label of each instruction that has one: [code_count] */
    uint32_t *inlined;   /* and the copy that it stands in */
    uint32_t copies;     /* of functions so far */
    uint32_t copy;       /* the present one */
} parser;

static char *copy_text(ptx_token token)
{
    char *text = ptx_allocate(token.length + 1);
    memcpy(text, token.text, token.length);
    text[token.length] = '\0';
    return text;
}

static ptx_instruction *add_instruction(parser *p, const ptx_operation *operation, uint32_t line)
{
    const size_t count = p->kernel.code_count + (size_t)1;
    p->kernel.code = ptx_reallocate(p->kernel.code, count * sizeof *p->kernel.code);
    p->branches = ptx_reallocate(p->branches, count * sizeof *p->branches);
    p->inlined = ptx_reallocate(p->inlined, count * sizeof *p->inlined);
    p->branches[count - 1] = (ptx_token){0};
    p->inlined[count - 1] = p->copy;
    ptx_instruction *in = &p->kernel.code[p->kernel.code_count++];
    *in = (ptx_instruction){
        .operation = operation, .guard = PTX_NONE, .target = PTX_NONE, .line = line};
    return in;
}

static void add_label(parser *p, ptx_token name)
{
    p->labels = ptx_reallocate(p->labels, (p->label_count + 1) * sizeof *p->labels);
    p->labels[p->label_count++] = (label){name, p->copy, p->kernel.code_count};
}

static ptx_operand find_register(const parser *p, const ptx_lexer *lexer, ptx_token name)
{
    ptx_operand operand;
    if (!ptx_registers_find(&p->registers, name, &operand)) {
        ptx_syntax_fault(lexer, name, "no such register");
    }
    return operand;
}

/* 0f3F800000, 0d3FF0000000000000, integers, and the name of shared memory, which begins at 0. */
static uint64_t read_constant(ptx_lexer *lexer, uint32_t width)
{
    const ptx_token token = lexer->token;
    const bool is_float = token.length == 10 && memcmp(token.text, "0f", 2) == 0;
    const bool is_double = token.length == 18 && memcmp(token.text, "0d", 2) == 0;
    if (is_float || is_double) {
        if (width != (is_float ? 4u : 8u)) {
            ptx_syntax_fault(lexer, token, "a floating constant of another width");
        }
        ptx_next(lexer);
        return strtoull(token.text + 2, NULL, 16);
    }
    if (ptx_accept(lexer, "shared_memory_bytes")) {
        return 0;
    }
    return (uint64_t)ptx_next_integer(lexer);
}

static ptx_operand read_value(parser *p, ptx_lexer *lexer, uint32_t width)
{
    if (lexer->token.length > 0 && lexer->token.text[0] == '%') {
        const ptx_token name = ptx_next(lexer);
        const ptx_operand operand = find_register(p, lexer, name);
        if (width != 0 && operand.width != width) {
            ptx_syntax_fault(lexer, name, "a register of another width than the instruction's");
        }
        return operand;
    }
    if (width == 0) {
        ptx_syntax_fault(lexer, lexer->token, "a register was expected");
    }
    return ptx_registers_constant(&p->registers, read_constant(lexer, width), width);
}

static int64_t read_offset(ptx_lexer *lexer)
{
    return ptx_accept(lexer, "+") ? ptx_next_integer(lexer) : 0;
}

/* [register+8], [shared_memory_bytes+8] */
static ptx_operand read_address(parser *p, ptx_lexer *lexer)
{
    ptx_expect(lexer, "[");
    const ptx_token base = lexer->token;
    ptx_operand operand = base.text[0] == '%'
                              ? read_value(p, lexer, 0)
                              : ptx_registers_constant(&p->registers, read_constant(lexer, 4), 4);
    if (operand.width != 4 && operand.width != 8) {
        ptx_syntax_fault(lexer, base, "no address");
    }
    operand.offset = read_offset(lexer);
    ptx_expect(lexer, "]");
    return operand;
}

/* Of a load or store; it may be wider than the value in memory. */
static ptx_operand read_register(parser *p, ptx_lexer *lexer, uint32_t bytes)
{
    const ptx_token name = lexer->token;
    const ptx_operand operand = read_value(p, lexer, 0);
    if (operand.width < bytes) {
        ptx_syntax_fault(lexer, name, "a register narrower than the value");
    }
    return operand;
}

/* A kernel's parameter is an offset into the launch's; that of a call is a register. */
static ptx_operand read_parameter(const parser *p, ptx_lexer *lexer, const ptx_access *access)
{
    ptx_expect(lexer, "[");
    const ptx_token name = ptx_next(lexer);
    const int64_t offset = read_offset(lexer);
    ptx_expect(lexer, "]");
    const size_t bytes = (size_t)access->values * access->bytes;
    for (uint32_t i = 0; i < p->kernel.parameter_count; i++) {
        const ptx_parameter *parameter = &p->kernel.parameters[i];
        if (ptx_token_is(name, parameter->name)) {
            if (offset < 0 || (size_t)offset + bytes > parameter->bytes) {
                ptx_syntax_fault(lexer, name, "reads beyond the parameter");
            }
            return (ptx_operand){.row = PTX_NONE, .offset = (int64_t)parameter->offset + offset};
        }
    }
    const ptx_operand operand = find_register(p, lexer, name);
    if (offset != 0 || operand.width != bytes) {
        ptx_syntax_fault(lexer, name, "not the whole of a call's parameter");
    }
    return operand;
}

static ptx_operand read_operand(parser *p, ptx_lexer *lexer, char kind, const ptx_access *access)
{
    switch (kind) {
    case 'p':
        return read_value(p, lexer, PTX_PREDICATE);
    case 'r':
        return read_register(p, lexer, access->bytes);
    case 'a':
        return read_address(p, lexer);
    case 'P':
        return read_parameter(p, lexer, access);
    case 'i':
        return (ptx_operand){.row = PTX_NONE, .offset = ptx_next_integer(lexer)};
    default:
        return read_value(p, lexer, (uint32_t)(kind - '0'));
    }
}

/* Vectors' braces, pairs' bars and commas say nothing that the operation does not. */
static void skip_separators(ptx_lexer *lexer)
{
    while (ptx_accept(lexer, ",") || ptx_accept(lexer, "{") || ptx_accept(lexer, "}") ||
           ptx_accept(lexer, "|")) {
    }
}

static void read_operands(parser *p, ptx_lexer *lexer, ptx_instruction *in)
{
    const char *kinds = in->operation->operands;
    for (size_t i = 0; kinds[i] != '\0'; i++) {
        skip_separators(lexer);
        if (kinds[i] == 'l') {
            p->branches[p->kernel.code_count - 1] = ptx_next(lexer);
        } else {
            in->operands[i] = read_operand(p, lexer, kinds[i], &in->operation->access);
        }
    }
    skip_separators(lexer);
}

/* .reg .b32 %r<8>, %temp; and .param .b64 param0; within a body, which a call takes or leaves. */
static void read_declaration(parser *p, ptx_lexer *lexer)
{
    const ptx_token type = ptx_next(lexer);
    const uint32_t width = ptx_width_of_type(type);
    if (width == 0) {
        ptx_syntax_fault(lexer, type, "unknown type");
    }
    do {
        const ptx_token name = ptx_next(lexer);
        uint32_t count = 0;
        if (ptx_accept(lexer, "<")) {
            count = (uint32_t)ptx_next_integer(lexer);
            ptx_expect(lexer, ">");
        }
        ptx_registers_declare(&p->registers, name, count, width);
    } while (ptx_accept(lexer, ","));
}

static void read_body(parser *p, ptx_lexer *lexer);

static const ptx_routine *function_named(const parser *p, ptx_token name)
{
    for (size_t i = 0; i < p->routines->count; i++) {
        const ptx_routine *routine = &p->routines->all[i];
        if (!routine->is_entry && routine->name.length == name.length &&
            memcmp(routine->name.text, name.text, name.length) == 0) {
            return routine;
        }
    }
    return NULL;
}

/* The function's parameters become names of the caller's, in the order of both lists. */
static void bind_parameters(parser *p, ptx_lexer *caller, const ptx_routine *function)
{
    ptx_lexer own = function->parameters;
    ptx_expect(&own, "(");
    ptx_expect(caller, "(");
    while (!ptx_next_is(&own, ")")) {
        ptx_expect(&own, ".param");
        const uint32_t width = ptx_width_of_type(ptx_next(&own));
        const ptx_operand operand = find_register(p, caller, ptx_next(caller));
        const ptx_token name = ptx_next(&own);
        if (operand.width != width) {
            ptx_syntax_fault(&own, name, "a parameter of another width than the call's");
        }
        ptx_registers_alias(&p->registers, name, &operand);
        ptx_accept(&own, ",");
        ptx_accept(caller, ",");
    }
    ptx_expect(caller, ")");
}

/* call.uni (result), function, (parameters): the function's code is set in here, its `ret` being
 * branches to the end of the copy. */
static void read_call(parser *p, ptx_lexer *lexer)
{
    ptx_expect(lexer, "(");
    const ptx_operand result = find_register(p, lexer, ptx_next(lexer));
    ptx_expect(lexer, ")");
    ptx_expect(lexer, ",");
    const ptx_token name = ptx_next(lexer);
    const ptx_routine *function = function_named(p, name);
    if (function == NULL || function->result.length == 0) {
        ptx_syntax_fault(lexer, name, "no function with a result");
    }
    ptx_expect(lexer, ",");
    const size_t mark = ptx_registers_mark(&p->registers);
    bind_parameters(p, lexer, function);
    ptx_registers_alias(&p->registers, function->result, &result);
    const uint32_t outer = p->copy;
    p->copy = ++p->copies;
    ptx_lexer body = function->body;
    read_body(p, &body);
    add_label(p, end_of_copy);
    p->copy = outer;
    ptx_registers_release(&p->registers, mark);
}

static void read_guard(const parser *p, ptx_lexer *lexer, ptx_operand *guard, bool *negated)
{
    *guard = (ptx_operand){.row = PTX_NONE};
    *negated = false;
    if (ptx_accept(lexer, "@")) {
        *negated = ptx_accept(lexer, "!");
        const ptx_token name = ptx_next(lexer);
        *guard = find_register(p, lexer, name);
        if (guard->width != PTX_PREDICATE) {
            ptx_syntax_fault(lexer, name, "no predicate");
        }
    }
}

/* mov.b64 has three forms, which its operands tell apart: the tables name two of them by these. */
static const ptx_operation *read_operation(ptx_lexer *lexer)
{
    const ptx_token name = ptx_next(lexer);
    const ptx_operation *operation = ptx_operation_named(name.text, name.length);
    if (ptx_token_is(name, "mov.b64")) {
        ptx_lexer ahead = *lexer;
        const bool unpacks = ptx_token_is(ptx_next(&ahead), "{");
        const bool packs = ptx_accept(&ahead, ",") && ptx_next_is(&ahead, "{");
        const char *const form = unpacks ? "mov.b64 {},a" : packs ? "mov.b64 d,{}" : "mov.b64";
        operation = ptx_operation_named(form, strlen(form));
    }
    if (operation == NULL) {
        ptx_syntax_fault(lexer, name, "unknown instruction");
    }
    return operation;
}

static void read_instruction(parser *p, ptx_lexer *lexer)
{
    ptx_operand guard;
    bool negated;
    read_guard(p, lexer, &guard, &negated);
    const uint32_t line = lexer->token.line;
    if (guard.row == PTX_NONE && ptx_accept(lexer, "call.uni")) {
        read_call(p, lexer);
        return;
    }
    const ptx_operation *operation = read_operation(lexer);
    const bool returns_to_caller = operation->flow == PTX_RETURN && p->copy != 0;
    if (returns_to_caller) {
        operation = ptx_operation_named("bra", 3);
    }
    ptx_instruction *in = add_instruction(p, operation, line);
    in->guard = guard.row;
    in->guard_negated = negated;
    if (returns_to_caller) {
        p->branches[p->kernel.code_count - 1] = end_of_copy;
    } else {
        read_operands(p, lexer, in);
    }
}

static void read_statement(parser *p, ptx_lexer *lexer)
{
    if (ptx_accept(lexer, ".reg") || ptx_accept(lexer, ".param")) {
        read_declaration(p, lexer);
    } else if (ptx_accept(lexer, ".pragma")) {
        ptx_next(lexer);
    } else {
        read_instruction(p, lexer);
    }
    ptx_expect(lexer, ";");
}

/* { statements, labels and inner scopes } */
static void read_body(parser *p, ptx_lexer *lexer)
{
    const size_t mark = ptx_registers_mark(&p->registers);
    ptx_expect(lexer, "{");
    while (!ptx_accept(lexer, "}")) {
        ptx_lexer ahead = *lexer;
        const ptx_token first = ptx_next(&ahead);
        if (ptx_next_is(lexer, "{")) {
            read_body(p, lexer);
        } else if (ptx_accept(&ahead, ":")) {
            add_label(p, first);
            *lexer = ahead;
        } else {
            read_statement(p, lexer);
        }
    }
    ptx_registers_release(&p->registers, mark);
}

static void read_kernel_parameters(parser *p, ptx_lexer lexer)
{
    ptx_kernel *k = &p->kernel;
    ptx_expect(&lexer, "(");
    while (!ptx_accept(&lexer, ")")) {
        ptx_expect(&lexer, ".param");
        if (ptx_accept(&lexer, ".align")) {
            ptx_next_integer(&lexer);
        }
        const ptx_token type = ptx_next(&lexer);
        ptx_parameter parameter = {.name = copy_text(ptx_next(&lexer)),
                                   .offset = k->parameter_bytes,
                                   .bytes = ptx_width_of_type(type)};
        if (ptx_accept(&lexer, "[")) {
            parameter.bytes = (size_t)ptx_next_integer(&lexer);
            ptx_expect(&lexer, "]");
        } else if (ptx_token_is(type, ".u8") || ptx_token_is(type, ".s8") ||
                   ptx_token_is(type, ".b8")) {
            parameter.bytes = 1;
        }
        if (parameter.bytes == 0) {
            ptx_syntax_fault(&lexer, type, "unknown type of a parameter");
        }
        k->parameters =
            ptx_reallocate(k->parameters, (k->parameter_count + 1) * sizeof *k->parameters);
        k->parameters[k->parameter_count++] = parameter;
        k->parameter_bytes +=
            (parameter.bytes + PARAMETER_ALIGN - 1) / PARAMETER_ALIGN * PARAMETER_ALIGN;
        ptx_accept(&lexer, ",");
    }
}

static bool is_target(const label *l, ptx_token name, uint32_t inlined)
{
    return l->inlined == inlined && l->name.length == name.length &&
           memcmp(l->name.text, name.text, name.length) == 0;
}

static void resolve_branches(parser *p, const ptx_lexer *lexer)
{
    for (uint32_t i = 0; i < p->kernel.code_count; i++) {
        ptx_instruction *in = &p->kernel.code[i];
        for (size_t l = 0; in->operation->flow == PTX_BRANCH && l < p->label_count; l++) {
            if (is_target(&p->labels[l], p->branches[i], p->inlined[i])) {
                in->target = p->labels[l].at;
            }
        }
        if (in->operation->flow == PTX_BRANCH && in->target == PTX_NONE) {
            ptx_syntax_fault(lexer, p->branches[i], "no such label");
        }
    }
}

ptx_kernel ptx_parse_kernel(const ptx_routines *routines, const ptx_routine *entry)
{
    parser p = {.routines = routines, .registers = ptx_registers_begin()};
    ptx_lexer lexer = entry->body;
    p.kernel.name = copy_text(entry->name);
    p.kernel.file = lexer.file;
    p.kernel.most_threads = entry->most_threads;
    read_kernel_parameters(&p, entry->parameters);
    read_body(&p, &lexer);
    /* Whoever runs off the end returns. */
    add_instruction(&p, ptx_operation_named("ret", 3), lexer.line);
    resolve_branches(&p, &lexer);
    p.kernel.constants = p.registers.constants;
    p.kernel.constant_count = p.registers.constant_count;
    p.kernel.register_bytes = p.registers.bytes;
    ptx_registers_end(&p.registers);
    free(p.labels);
    free(p.branches);
    free(p.inlined);
    return p.kernel;
}
