// What is promised to followers holds behind relays too. One file runs both suites: each file starts an engine.
import "../src/exactly-once.test.ts";
import "../src/order.test.ts";
