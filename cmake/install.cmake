# What `cmake --install` puts where: the places of Debian's packages below the prefix. weir.service
# names /usr/bin/weir, so the prefix is /usr unless somebody says otherwise and edits the unit.
include(GNUInstallDirs)

install(TARGETS weir RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES systemd/weir.service DESTINATION lib/systemd/system)
install(FILES systemd/weir.sysusers DESTINATION lib/sysusers.d RENAME weir.conf)
install(FILES systemd/weir.tmpfiles DESTINATION lib/tmpfiles.d RENAME weir.conf)
install(FILES systemd/weir.bash-completion
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME weir)
install(FILES systemd/weir.example.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")

# The program that is installed says what stands in them.
install(CODE "execute_process(COMMAND \"${PROJECT_SOURCE_DIR}/tools/man\"
    \"${PROJECT_BINARY_DIR}/weir\" \"${PROJECT_BINARY_DIR}/man\" COMMAND_ERROR_IS_FATAL ANY)")
foreach(section 5 8)
    install(DIRECTORY ${PROJECT_BINARY_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section}
        FILES_MATCHING PATTERN "*.${section}")
endforeach()
