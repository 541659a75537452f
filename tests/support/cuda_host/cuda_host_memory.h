/* Memory of the fake device. */
#ifndef CUDA_HOST_MEMORY_H
#define CUDA_HOST_MEMORY_H

#include <stddef.h>

namespace cuda_host
{

extern size_t device_memory; /* bytes */

} // namespace cuda_host

#endif
