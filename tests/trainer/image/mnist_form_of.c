/* mnist_form_of FILE…: the forms of PNG and PGM files, 784 bytes each, for
 * check_mnist_form_steps.py. */
#include <stdio.h>
#include <stdlib.h>

#include "image_file.h"
#include "message.h"
#include "mnist_form.h"

static int print_form(const char *path, char *message)
{
    uint8_t form[MNIST_FORM_PIXELS];
    image_file file;
    image picture;
    if (image_file_read(&file, path, message) != 0) {
        return -1;
    }
    int status = image_file_decode(&file, &picture, message);
    image_file_free(&file);
    if (status == 0) {
        status = mnist_form(form, &picture, message);
        image_free(&picture);
    }
    return status != 0 || fwrite(form, sizeof form, 1, stdout) != 1 ? -1 : 0;
}

int main(int argc, char **argv)
{
    char message[MESSAGE_BYTES] = "";
    for (int i = 1; i < argc; i++) {
        if (print_form(argv[i], message) != 0) {
            fprintf(stderr, "%s: %s\n", argv[i], message);
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}
