/* What became of reading a file that a run has, or may have. */
#ifndef TRAINER_FILE_PRESENCE_H
#define TRAINER_FILE_PRESENCE_H

typedef enum file_presence {
    FILE_READ,      /* what was read is for the caller to free */
    FILE_ABSENT,    /* nothing was read, likewise below */
    FILE_DAMAGED,   /* its content is not what it should be; the message has the cause */
    FILE_UNREADABLE /* a system call failed; the message has the cause. The file may be intact, so
                       nothing may be replaced */
} file_presence;

/* The presence of a file that file_read (file_read.h) could not read, by its errno; 0 means that
 * the file is damaged. */
file_presence file_presence_of(int cause);

#endif
