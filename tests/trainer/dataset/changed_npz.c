#include "changed_npz.h"

void change_array(unsigned array, unsigned version, const char *dictionary, const blob *elements)
{
    blob arrays[ARRAYS] = {0};
    make_npz_arrays(arrays);
    arrays[array].size = 0;
    make_npy_header(&arrays[array], version, dictionary);
    blob_append(&arrays[array], elements->bytes, elements->size);
    write_npz("changed.npz", arrays, true);
}
