#include "plot_file.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "figure_draw.h"
#include "file_replace.h"
#include "message.h"
#include "output_path.h"

/* Pixels of a PNG for each of the figure's, so that it is sharp on a dense screen. */
static const double png_scale = 2;
/* PDF counts in points of 1/72 inch. */
static const double pdf_scale = 0.75;

/* What cairo has written. */
typedef struct content {
    unsigned char *bytes;
    size_t count;
    size_t room;
} content;

typedef struct size {
    double width;
    double height;
} size;

typedef struct plot_format {
    const char *ending;
    double scale;
    cairo_surface_t *(*begin)(content *, size);
    /* After the last stroke. */
    cairo_status_t (*end)(cairo_surface_t *, content *);
} plot_format;

static cairo_status_t append(void *closure, const unsigned char *bytes, unsigned count)
{
    content *to = closure;
    if (to->room - to->count < count) {
        const size_t room = 2 * to->room + count;
        unsigned char *grown = realloc(to->bytes, room);
        if (grown == NULL) {
            return CAIRO_STATUS_NO_MEMORY;
        }
        to->bytes = grown;
        to->room = room;
    }
    memcpy(to->bytes + to->count, bytes, count);
    to->count += count;
    return CAIRO_STATUS_SUCCESS;
}

static cairo_surface_t *begin_svg(content *to, size of)
{
    cairo_surface_t *surface = cairo_svg_surface_create_for_stream(append, to, of.width, of.height);
    cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX);
    return surface;
}

/* An empty date means no date. With a date, no two files would be the same. */
static cairo_surface_t *begin_pdf(content *to, size of)
{
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(append, to, of.width, of.height);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "");
    return surface;
}

static cairo_surface_t *begin_png(content *to, size of)
{
    (void)to;
    return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)of.width, (int)of.height);
}

static cairo_status_t end_stream(cairo_surface_t *surface, content *to)
{
    (void)to;
    cairo_surface_finish(surface);
    return cairo_surface_status(surface);
}

static cairo_status_t end_png(cairo_surface_t *surface, content *to)
{
    return cairo_surface_write_to_png_stream(surface, append, to);
}

static const plot_format formats[] = {{".svg", 1, begin_svg, end_stream},
                                      {".png", png_scale, begin_png, end_png},
                                      {".pdf", pdf_scale, begin_pdf, end_stream}};

/* NULL if the name has none of the endings. */
static const plot_format *format_of(const char *path)
{
    const size_t length = strlen(path);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const size_t ending = strlen(formats[i].ending);
        if (length > ending && strcmp(path + length - ending, formats[i].ending) == 0) {
            return &formats[i];
        }
    }
    return NULL;
}

bool plot_file_is_known(const char *path)
{
    return format_of(path) != NULL;
}

static cairo_status_t draw(const figure *picture, const theme *look, const plot_format *format,
                           content *out)
{
    const size of = {FIGURE_WIDTH * format->scale, figure_height(picture) * format->scale};
    cairo_surface_t *surface = format->begin(out, of);
    cairo_t *to = cairo_create(surface);
    cairo_scale(to, format->scale, format->scale);
    figure_draw(to, picture, look);
    cairo_status_t status = cairo_status(to);
    cairo_destroy(to);
    if (status == CAIRO_STATUS_SUCCESS) {
        status = format->end(surface, out);
    }
    cairo_surface_destroy(surface);
    return status;
}

/* -1 with errno. */
static int replace(const char *path, const content *with)
{
    char directory[PATH_MAX];
    const char *name;
    const int fd = output_path_open_directory(path, directory, &name);
    if (fd < 0) {
        return -1;
    }
    const file_piece piece = {with->bytes, with->count};
    const int status = file_replace(fd, name, &piece, 1, false);
    const int cause = errno;
    close(fd);
    errno = cause;
    return status;
}

int plot_file_write(const figure *picture, const theme *look, const char *path, char *message)
{
    content bytes = {0};
    int status = 0;
    const cairo_status_t drawn = draw(picture, look, format_of(path), &bytes);
    if (drawn != CAIRO_STATUS_SUCCESS) {
        status =
            message_set(message, "%s cannot be drawn: %s", path, cairo_status_to_string(drawn));
    } else if (replace(path, &bytes) != 0) {
        status = message_set(message, "%s cannot be written: %s", path, strerror(errno));
    }
    free(bytes.bytes);
    return status;
}
