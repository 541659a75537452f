#include "printed_answer.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "comparison_print.h"
#include "made_up_runs.h"
#include "verdict_words.h"

char *text;
static size_t size;

void printed_set_up(void)
{
    made_up_set_up();
    text = NULL;
}

void printed_tear_down(void)
{
    free(text);
    made_up_tear_down();
}

FILE *begin_text(void)
{
    free(text);
    text = NULL;
    return open_memstream(&text, &size);
}

void assert_fits(size_t columns)
{
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        const size_t length = strcspn(line, "\n");
        ck_assert_msg(length <= columns, "%.*s", (int)length, line);
        for (size_t i = 0; i < length; i++) {
            ck_assert_msg((unsigned char)line[i] < 0x80, "%.*s", (int)length, line);
        }
    }
}

static size_t count_lines(const char *end)
{
    size_t lines = 0;
    for (const char *c = text; c < end; c++) {
        lines += *c == '\n';
    }
    return lines;
}

void print_for(double target)
{
    judge(target);
    FILE *out = begin_text();
    ck_assert_int_eq(verdict_words_print(&answer, out), 0);
    fputc('\n', out);
    comparison_print_table(&all, &answer, out);
    fclose(out);
    assert_fits(80);
    const char *table = strstr(text, "\n\n");
    ck_assert_ptr_nonnull(table);
    const size_t lines = count_lines(table + 1);
    ck_assert_msg(lines >= 1 && lines <= 6, "%s", text);
}

void print(void)
{
    print_for(0);
}

void assert_has(const char *words)
{
    ck_assert_msg(strstr(text, words) != NULL, "no \"%s\" in\n%.2000s", words, text);
}

void assert_lacks(const char *words)
{
    ck_assert_msg(strstr(text, words) == NULL, "\"%s\" in\n%.2000s", words, text);
}

void assert_begins(const char *begin)
{
    ck_assert_msg(strncmp(text, begin, strlen(begin)) == 0, "%s", text);
}
