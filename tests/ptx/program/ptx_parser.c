#include "ptx_parser.h"

#include <string.h>

#include "ptx_operands.h"
#include "ptx_operations.h"
#include "ptx_registers.h"

enum { PARAMETER_ALIGN = 16 };

typedef struct label {
    ptx_token name;
    uint32_t inlined; /* the copy of a function that contains it; 0 is the kernel itself */
    uint32_t at;
} label;

/* The label at the end of each copy of a function. No label of the file has this name. */
static const ptx_token end_of_copy = {"(end)", 5, 0};

typedef struct parser {
    ptx_arena *arena;
    const ptx_routines *routines;
    ptx_kernel kernel;
    ptx_registers registers;
    label *labels;
    size_t label_count;
    ptx_token *branches; /* [code_count] the label that each instruction refers to, if any */
    uint32_t *inlined;   /* and the copy that contains the instruction */
    uint32_t copies;     /* number of copies so far */
    uint32_t copy;       /* the current copy */
} parser;

static char *copy_text(ptx_arena *arena, ptx_token token)
{
    char *text = ptx_arena_resize(arena, NULL, token.length + 1);
    memcpy(text, token.text, token.length);
    text[token.length] = '\0';
    return text;
}

static ptx_instruction *add_instruction(parser *p, const ptx_operation *operation, uint32_t line)
{
    const size_t count = p->kernel.code_count + (size_t)1;
    p->kernel.code = ptx_arena_resize(p->arena, p->kernel.code, count * sizeof *p->kernel.code);
    p->branches = ptx_arena_resize(p->arena, p->branches, count * sizeof *p->branches);
    p->inlined = ptx_arena_resize(p->arena, p->inlined, count * sizeof *p->inlined);
    p->branches[count - 1] = (ptx_token){0};
    p->inlined[count - 1] = p->copy;
    ptx_instruction *in = &p->kernel.code[p->kernel.code_count++];
    *in = (ptx_instruction){
        .operation = operation, .guard = PTX_NONE, .target = PTX_NONE, .line = line};
    return in;
}

static void add_label(parser *p, ptx_token name)
{
    p->labels = ptx_arena_resize(p->arena, p->labels, (p->label_count + 1) * sizeof *p->labels);
    p->labels[p->label_count++] = (label){name, p->copy, p->kernel.code_count};
}

/* Braces of vectors, bars of pairs and commas are skipped: the operation implies them. */
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
            in->operands[i] = ptx_read_operand(&p->registers, &p->kernel, lexer, kinds[i],
                                               &in->operation->access);
        }
    }
    skip_separators(lexer);
}

/* .reg .b32 %r<8>, %temp; and, within a body, .param .b64 param0; for a call's arguments or
 * result. */
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

/* The function's parameters become names of the caller's registers, in the order of both lists. */
static void bind_parameters(parser *p, ptx_lexer *caller, const ptx_routine *function)
{
    ptx_lexer own = function->parameters;
    ptx_expect(&own, "(");
    ptx_expect(caller, "(");
    while (!ptx_next_is(&own, ")")) {
        ptx_expect(&own, ".param");
        const uint32_t width = ptx_width_of_type(ptx_next(&own));
        const ptx_operand operand = ptx_find_register(&p->registers, caller, ptx_next(caller));
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

/* call.uni (result), function, (parameters): the function's code is copied in here. Its `ret`
 * become branches to the end of the copy. */
static void read_call(parser *p, ptx_lexer *lexer)
{
    ptx_expect(lexer, "(");
    const ptx_operand result = ptx_find_register(&p->registers, lexer, ptx_next(lexer));
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
        *guard = ptx_find_register(&p->registers, lexer, name);
        if (guard->width != PTX_PREDICATE) {
            ptx_syntax_fault(lexer, name, "no predicate");
        }
    }
}

/* mov.b64 has three forms, which differ in their operands. The tables use these names for two of
 * them. */
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
        ptx_parameter parameter = {.name = copy_text(p->arena, ptx_next(&lexer)),
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
        k->parameters = ptx_arena_resize(p->arena, k->parameters,
                                         (k->parameter_count + 1) * sizeof *k->parameters);
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

ptx_kernel ptx_parse_kernel(ptx_arena *arena, const ptx_routines *routines,
                            const ptx_routine *entry)
{
    parser p = {.arena = arena, .routines = routines, .registers = ptx_registers_begin(arena)};
    ptx_lexer lexer = entry->body;
    p.kernel.name = copy_text(arena, entry->name);
    p.kernel.file = lexer.file;
    p.kernel.most_threads = entry->most_threads;
    read_kernel_parameters(&p, entry->parameters);
    read_body(&p, &lexer);
    /* A lane that reaches the end returns. */
    add_instruction(&p, ptx_operation_named("ret", 3), lexer.line);
    resolve_branches(&p, &lexer);
    p.kernel.constants = p.registers.constants;
    p.kernel.constant_count = p.registers.constant_count;
    p.kernel.register_bytes = p.registers.bytes;
    return p.kernel;
}
