/* Meshes: up to three tags, <tag>_VERTEX, <tag>_FACE and <tag>_COLOR, each [1,N,3]. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin_content.h"
#include "record_format.h"
#include "refusal.h"
#include "tensor_event.h"

enum {
    PARTS_MAX = 3,
    ROW_BYTES = 3 * 4 /* of a vertex or a face; a colour takes less */
};

/* The tensor of one of these tags. */
typedef struct mesh_tensor {
    mesh_part part;
    const char *suffix;
    event_type type;
    const void *elements;
    size_t element_bytes;
    size_t row_count;
} mesh_tensor;

static bool is_sound_mesh(const tblog_mesh *mesh)
{
    if (!admit(mesh != NULL && mesh->vertices != NULL && mesh->vertex_count > 0,
               "a mesh needs vertices") ||
        !admit(mesh->faces != NULL || mesh->face_count == 0, "the mesh's faces are NULL") ||
        !admit(mesh->vertex_count <= RECORD_PAYLOAD_MAX / ROW_BYTES &&
                   mesh->face_count <= RECORD_PAYLOAD_MAX / ROW_BYTES,
               "the mesh does not fit into a record") ||
        !admit_text(mesh->config_json, "the mesh's config_json")) {
        return false;
    }
    for (size_t i = 0; i < 3 * mesh->vertex_count; i++) {
        if (!isfinite(mesh->vertices[i])) {
            return refuse("vertex %zu is not finite", i / 3);
        }
    }
    for (size_t i = 0; i < 3 * mesh->face_count; i++) {
        if (mesh->faces[i] < 0 || (size_t)mesh->faces[i] >= mesh->vertex_count) {
            return refuse("face %zu uses vertex %" PRId32 ", but the mesh has %zu", i / 3,
                          mesh->faces[i], mesh->vertex_count);
        }
    }
    return true;
}

/* Lists the parts that the mesh has, and returns their number. */
static size_t list_parts(mesh_tensor parts[PARTS_MAX], const tblog_mesh *mesh)
{
    size_t count = 0;
    parts[count++] = (mesh_tensor){MESH_VERTEX,    "_VERTEX",     EVENT_FLOAT,
                                   mesh->vertices, sizeof(float), mesh->vertex_count};
    if (mesh->face_count > 0) {
        parts[count++] = (mesh_tensor){MESH_FACE,   "_FACE",         EVENT_INT32,
                                       mesh->faces, sizeof(int32_t), mesh->face_count};
    }
    if (mesh->colors != NULL) {
        parts[count++] =
            (mesh_tensor){MESH_COLOR, "_COLOR", EVENT_UINT8, mesh->colors, 1, mesh->vertex_count};
    }
    return count;
}

/* Fills the tensor of one part; its tag and content, which the caller frees, are in `tag_text` and
 * `content`. */
static bool fill_part(event_tensor *tensor, char **tag_text, byte_buffer *content, const char *tag,
                      const mesh_tensor *part, uint32_t components, const char *config_json)
{
    const size_t tag_bytes = strlen(tag) + strlen(part->suffix) + 1;
    *tag_text = malloc(tag_bytes);
    const int32_t shape[3] = {1, (int32_t)part->row_count, 3};
    if (*tag_text == NULL ||
        !plugin_content_mesh(content, tag, part->part, components, config_json, shape)) {
        return false;
    }
    snprintf(*tag_text, tag_bytes, "%s%s", tag, part->suffix);
    *tensor = (event_tensor){
        .tag = *tag_text,
        .plugin = TAG_PLUGIN_MESH,
        .plugin_content = {.data = content->data, .count = content->size},
        .type = part->type,
        .dims = {1, (int64_t)part->row_count, 3},
        .rank = 3,
        .content = {.data = part->elements, .count = part->row_count * 3 * part->element_bytes}};
    return true;
}

tblog_status tblog_add_mesh_sized(tblog_writer *writer, const char *tag, int64_t step,
                                  const tblog_mesh *mesh, size_t mesh_size)
{
    refusal_begin(writer);
    if (!admit_size(mesh_size, sizeof *mesh, "tblog_mesh") || !admit_name(tag, "the tag") ||
        !is_sound_mesh(mesh)) {
        return TBLOG_INVALID;
    }
    mesh_tensor parts[PARTS_MAX];
    const size_t count = list_parts(parts, mesh);
    uint32_t components = 0;
    for (size_t i = 0; i < count; i++) {
        components |= UINT32_C(1) << parts[i].part;
    }
    event_tensor tensors[PARTS_MAX];
    char *tags[PARTS_MAX] = {NULL};
    byte_buffer contents[PARTS_MAX] = {{0}};
    bool filled = true;
    for (size_t i = 0; i < count && filled; i++) {
        filled = fill_part(&tensors[i], &tags[i], &contents[i], tag, &parts[i], components,
                           mesh->config_json == NULL ? "{}" : mesh->config_json);
    }
    tblog_status status = filled ? tensor_event_add(writer, step, tensors, count) : TBLOG_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        byte_buffer_free(&contents[i]);
        free(tags[i]);
    }
    return status;
}
