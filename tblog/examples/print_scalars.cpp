// Prints the scalars of an event file, whoever wrote it: step, tag, value.
//
//     c++ -std=c++17 print_scalars.cpp $(pkg-config --cflags --libs tblog) -o print_scalars
//     ./print_scalars logs/example-cpp/events.out.tfevents.*
#include <iostream>
#include <tblog/tblog.hpp>

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::cerr << "Usage: " << argv[0] << " FILE\n";
        return 2;
    }
    try {
        tblog::reader events(argv[1]);
        for (const tblog_event &event : events) {
            for (const tblog_value *value : tblog::values(event)) {
                if (value->kind == TBLOG_VALUE_SCALAR) {
                    std::cout << event.step << '\t' << value->tag << '\t' << value->scalar << '\n';
                }
            }
        }
        events.check(); // whether the loop came to the end of the file
    } catch (const tblog::error &error) {
        std::cerr << argv[1] << ": " << error.what() << '\n';
        return 1;
    }
    return 0;
}
