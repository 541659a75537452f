// Which containers tblog.hpp takes as an array.
#ifndef TBLOG_DETAIL_IS_CONTIGUOUS_HPP
#define TBLOG_DETAIL_IS_CONTIGUOUS_HPP

#include <iterator>
#include <type_traits>
#include <utility>

namespace tblog::detail
{

// Whether std::data gives a pointer to the values: for std::vector<float>, an array or a span, but
// not for std::list or std::vector<bool>.
template <class Container, class = void> inline constexpr bool is_contiguous = false;
template <class Container>
inline constexpr bool
    is_contiguous<Container, std::void_t<decltype(*std::data(std::declval<Container &>()))>> = true;

} // namespace tblog::detail

#endif
