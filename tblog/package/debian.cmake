# Debian packages by CPack (scripts/debian_packages.sh): the library, its development files and the
# command.
set(TBLOG_PACKAGE_CONTACT "tblog <tblog@example.org>" CACHE STRING
    "Who maintains the Debian packages")
set(debian ${CMAKE_CURRENT_SOURCE_DIR}/package/debian)
set(library_package libtblog${interface_version})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tblog)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "TensorBoard event files from C and C++")
set(CPACK_PACKAGE_CONTACT "${TBLOG_PACKAGE_CONTACT}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL library development command)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME ${library_package})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${debian}/triggers)
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION "The library tblog logs scalars, histograms, images, text and other
values for TensorBoard, and reads its event files. It needs neither TensorFlow nor
Python.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libtblog-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "${library_package} (= ${PROJECT_VERSION}), libprotobuf-c-dev, zlib1g-dev")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "Development files of the library tblog: headers, the static library, and what CMake and
pkg-config find it by.")

set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME tblog)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_COMMAND_DESCRIPTION "The command tblog lists the runs and tags of event files, prints and exports
their values, verifies checksums, and repairs, merges and trims files.")

# What Debian requires besides the installed files; the script below adds it.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(${debian}/changelog.in debian/changelog @ONLY)
configure_file(${debian}/complete.cmake.in debian/complete.cmake @ONLY)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_BINARY_DIR}/debian/complete.cmake)
include(CPack)
