# What `cmake --install` puts where: the places of Debian's packages below the prefix. weir.service
# names /usr/bin/weir, so the presets make the prefix /usr; who takes another one edits the unit.
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

# The program that is installed says what stands in the manual pages. They are written apart: what
# root installs leaves nothing of root's in the build.
install(CODE "
    execute_process(COMMAND mktemp -d OUTPUT_VARIABLE pages OUTPUT_STRIP_TRAILING_WHITESPACE
        COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND \"${PROJECT_SOURCE_DIR}/tools/man\" \"${PROJECT_BINARY_DIR}/weir\" \"\${pages}\"
        COMMAND_ERROR_IS_FATAL ANY)
    foreach(page weir.yaml.5 weir.8)
        string(REGEX REPLACE \".*[.]\" \"man\" section \"\${page}\")
        file(INSTALL \"\${pages}/\${page}\"
            DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_MANDIR}/\${section}\")
    endforeach()
    file(REMOVE_RECURSE \"\${pages}\")")
