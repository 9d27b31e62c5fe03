#pragma once
// All of the testkit.
#include "weir/testkit/assigner_laws.hpp"
#include "weir/testkit/co_operator_harness.hpp"
#include "weir/testkit/dataflow_driver.hpp"
#include "weir/testkit/exactly_once.hpp"
#include "weir/testkit/fault_point.hpp"
#include "weir/testkit/lawful.hpp"
#include "weir/testkit/manual_clock.hpp"
#include "weir/testkit/memory_storage.hpp"
#include "weir/testkit/operator_harness.hpp"
#include "weir/testkit/simulator.hpp"
#include "weir/testkit/watermark_checker.hpp"
