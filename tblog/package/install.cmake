# Install rules: headers, libraries, and the files for CMake's find_package and for pkg-config.
include(CMakePackageConfigHelpers)

install(DIRECTORY include/tblog DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)

# Each library has its own file of targets, so that users of the shared one need not have what the
# static one links.
foreach(library tblog_shared tblog_static)
    install(TARGETS ${library} EXPORT ${library}-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
            COMPONENT library NAMELINK_COMPONENT development)
    install(EXPORT ${library}-targets NAMESPACE tblog::
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tblog COMPONENT development)
endforeach()
configure_package_config_file(package/tblog-config.cmake.in tblog-config.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tblog
    NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
set(compatibility SameMajorVersion)
if(PROJECT_VERSION_MAJOR EQUAL 0) # then a minor version may change the interface
    set(compatibility SameMinorVersion)
endif()
write_basic_package_version_file(tblog-config-version.cmake
    VERSION ${PROJECT_VERSION} COMPATIBILITY ${compatibility})
install(FILES
    ${CMAKE_CURRENT_BINARY_DIR}/tblog-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/tblog-config-version.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tblog COMPONENT development)

# tblog.pc derives the prefix from its own location, so that the tree can be moved, and `cmake
# --install --prefix` can name another prefix than the configured one.
set(PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
set(PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
    set(PC_INCLUDEDIR "${CMAKE_INSTALL_INCLUDEDIR}")
endif()
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    set(PC_LIBDIR "${CMAKE_INSTALL_LIBDIR}")
    set(PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
else()
    file(RELATIVE_PATH up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
    string(REGEX REPLACE "/$" "" up "${up}")
    set(PC_PREFIX "\${pcfiledir}/${up}")
endif()
set(PC_PACKAGES "libprotobuf-c >= 1.4, zlib")
if(TBLOG_BUNDLED_PROTOBUF_C)
    set(PC_PACKAGES zlib)
endif()
configure_file(package/tblog.pc.in tblog.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/tblog.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
