// Every *_test.cc in this folder is part of one program; `isovox_tests -ltc` lists the cases, -tc=NAME runs one.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
