#include "evaluation_report.h"

bool evaluation_report_has_run_data(const evaluation_report *self)
{
    return self->model->has_origin && self->model->origin.config.data_crc32 == self->data_crc32;
}
