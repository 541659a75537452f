/* The file is the superblock, then a header for each group and array. A group's header links to
 * those of its members, so these come first; an array's values come right before its header. All of
 * them begin at multiples of 8. */
#include "hdf5_file.h"

#include <assert.h>
#include <string.h>

enum { ALIGNMENT = 8, OFFSET_BYTES = 8, LENGTH_BYTES = 8 };
/* Where the superblock has the addresses of the file's end and of the root's header. */
enum { END_AT = 40, ROOT_AT = 64 };
#define UNDEFINED UINT64_MAX /* the specification's address of nothing */

/* Of header messages, as the specification numbers them. */
enum message_type {
    MESSAGE_DATASPACE = 0x01,
    MESSAGE_LINK_INFO = 0x02,
    MESSAGE_DATATYPE = 0x03,
    MESSAGE_FILL_VALUE = 0x05,
    MESSAGE_LINK = 0x06,
    MESSAGE_DATA_LAYOUT = 0x08,
    MESSAGE_GROUP_INFO = 0x0a
};
enum { MESSAGE_IS_CONSTANT = 1 }; /* a flag that every stored datatype has */

static void put(file_content *out, uint64_t number, size_t bytes)
{
    file_content_add_number(out, number, bytes);
}

static void put_zeros(file_content *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put(out, 0, 1);
    }
}

/* Sets a number whose place was left open. */
static void set(file_content *out, size_t at, uint64_t number, size_t bytes)
{
    if (!out->failed) {
        memcpy(out->data + at, &number, bytes);
    }
}

/* Each begin_ function returns where the content begins, and leaves its length open, which the end_
 * function sets. */
enum { MESSAGE_PREFIX_BYTES = 8, MESSAGE_LENGTH_AT = 2 };
enum { HEADER_PREFIX_BYTES = 16, HEADER_LENGTH_AT = 8 };

static size_t begin_message(file_content *out, enum message_type type, unsigned flags)
{
    put(out, type, 2);
    put(out, 0, 2); /* MESSAGE_LENGTH_AT */
    put(out, flags, 1);
    put_zeros(out, 3);
    return out->bytes;
}

static void end_message(file_content *out, size_t begin)
{
    file_content_align(out, ALIGNMENT);
    set(out, begin - MESSAGE_PREFIX_BYTES + MESSAGE_LENGTH_AT, out->bytes - begin, 2);
}

static size_t begin_header(file_content *out, size_t messages)
{
    file_content_align(out, ALIGNMENT);
    put(out, 1, 1); /* version */
    put(out, 0, 1);
    put(out, messages, 2);
    put(out, 1, 4); /* links to it */
    put(out, 0, 4); /* HEADER_LENGTH_AT */
    put(out, 0, 4);
    return out->bytes;
}

/* Returns the header's address. */
static uint64_t end_header(file_content *out, size_t begin)
{
    const size_t header = begin - HEADER_PREFIX_BYTES;
    set(out, header + HEADER_LENGTH_AT, out->bytes - begin, 4);
    return header;
}

static void add_dataspace(file_content *out, const hdf5_node *array)
{
    const size_t message = begin_message(out, MESSAGE_DATASPACE, 0);
    put(out, 1, 1); /* version */
    put(out, array->rank, 1);
    put_zeros(out, 6);
    for (unsigned i = 0; i < array->rank; i++) {
        put(out, array->shape[i], LENGTH_BYTES);
    }
    end_message(out, message);
}

/* IEEE 754's number of 32 bits, little-endian. */
static void add_datatype(file_content *out)
{
    const size_t message = begin_message(out, MESSAGE_DATATYPE, MESSAGE_IS_CONSTANT);
    put(out, 0x11, 1); /* version 1, class floating point */
    put(out, 0x20, 1); /* little-endian; the mantissa's first 1 is not stored */
    put(out, 31, 1);   /* the sign's bit */
    put(out, 0, 1);
    put(out, sizeof(float), 4);
    put(out, 0, 2);   /* first bit */
    put(out, 32, 2);  /* bits */
    put(out, 23, 1);  /* the exponent's first bit */
    put(out, 8, 1);   /* and bits */
    put(out, 0, 1);   /* the mantissa's first bit */
    put(out, 23, 1);  /* and bits */
    put(out, 127, 4); /* the exponent's bias */
    end_message(out, message);
}

static void add_fill_value(file_content *out)
{
    const size_t message = begin_message(out, MESSAGE_FILL_VALUE, 0);
    put(out, 2, 1); /* version */
    put(out, 2, 1); /* space is allocated late */
    put(out, 2, 1); /* the fill value is written if the user set one */
    put(out, 0, 1); /* the user set none */
    end_message(out, message);
}

static void add_contiguous_layout(file_content *out, uint64_t address, uint64_t bytes)
{
    const size_t message = begin_message(out, MESSAGE_DATA_LAYOUT, 0);
    put(out, 3, 1); /* version */
    put(out, 1, 1); /* contiguous */
    put(out, address, OFFSET_BYTES);
    put(out, bytes, LENGTH_BYTES);
    end_message(out, message);
}

static uint64_t add_array(file_content *out, const hdf5_node *array)
{
    size_t count = 1;
    for (unsigned i = 0; i < array->rank; i++) {
        count *= array->shape[i];
    }
    file_content_align(out, ALIGNMENT);
    const uint64_t data = out->bytes;
    file_content_add_floats(out, array->data, count);
    const size_t header = begin_header(out, 4);
    add_dataspace(out, array);
    add_datatype(out);
    add_fill_value(out);
    add_contiguous_layout(out, data, count * sizeof *array->data);
    return end_header(out, header);
}

/* All links are messages of the group's header: there are no heaps or indices of them. */
static void add_link_info(file_content *out)
{
    const size_t message = begin_message(out, MESSAGE_LINK_INFO, 0);
    put(out, 0, 1); /* version */
    put(out, 0, 1); /* flags */
    put(out, UNDEFINED, OFFSET_BYTES);
    put(out, UNDEFINED, OFFSET_BYTES);
    end_message(out, message);
}

static void add_group_info(file_content *out)
{
    const size_t message = begin_message(out, MESSAGE_GROUP_INFO, 0);
    put(out, 0, 1); /* version */
    put(out, 0, 1); /* flags */
    end_message(out, message);
}

static void add_link(file_content *out, const char *name, uint64_t address)
{
    const size_t message = begin_message(out, MESSAGE_LINK, 0);
    put(out, 1, 1); /* version */
    put(out, 0, 1); /* flags */
    put(out, strlen(name), 1);
    file_content_add(out, name, strlen(name));
    put(out, address, OFFSET_BYTES);
    end_message(out, message);
}

static uint64_t add_node(file_content *out, const hdf5_node *node);

static uint64_t add_group(file_content *out, const hdf5_node *group)
{
    uint64_t addresses[HDF5_MEMBERS_MOST];
    assert(group->member_count <= HDF5_MEMBERS_MOST);
    for (size_t i = 0; i < group->member_count; i++) {
        addresses[i] = add_node(out, &group->members[i]);
    }
    const size_t header = begin_header(out, 2 + group->member_count);
    add_link_info(out);
    add_group_info(out);
    for (size_t i = 0; i < group->member_count; i++) {
        add_link(out, group->members[i].name, addresses[i]);
    }
    return end_header(out, header);
}

/* Returns the address of the node's header. */
static uint64_t add_node(file_content *out, const hdf5_node *node)
{
    return node->data != NULL ? add_array(out, node) : add_group(out, node);
}

/* Version 0. What is at END_AT and ROOT_AT is left open. */
static void add_superblock(file_content *out)
{
    static const uint8_t signature[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    file_content_add(out, signature, sizeof signature);
    put_zeros(out, 5); /* versions */
    put(out, OFFSET_BYTES, 1);
    put(out, LENGTH_BYTES, 1);
    put(out, 0, 1);
    put(out, 4, 2);  /* sizes of B-trees, which this file does not have, */
    put(out, 16, 2); /* as libhdf5 sets them */
    put(out, 0, 4);
    put(out, 0, OFFSET_BYTES); /* where the file begins */
    put(out, UNDEFINED, OFFSET_BYTES);
    put(out, 0, OFFSET_BYTES); /* END_AT */
    put(out, UNDEFINED, OFFSET_BYTES);
    put(out, 0, OFFSET_BYTES); /* the root's entry: its name */
    put(out, 0, OFFSET_BYTES); /* ROOT_AT */
    put_zeros(out, 24);
}

void hdf5_file_make(file_content *out, const hdf5_node *root)
{
    add_superblock(out);
    set(out, ROOT_AT, add_node(out, root), OFFSET_BYTES);
    file_content_align(out, ALIGNMENT);
    set(out, END_AT, out->bytes, OFFSET_BYTES);
}
