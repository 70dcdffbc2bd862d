import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Origin, placeFollower, type Readers } from "../../src/execution/log/place.ts";
import { isFar, type Region, readRegion, regionAt } from "../../src/objects/region.ts";
import { readRelayName } from "../../src/objects/relay.ts";

const SPREAD = { followers_per_object: 3, levels: 2 };
const NEAR = { region: "any", is_distant: false, is_far: false } as const;
const relays = (...loads: [string, number][]) => loads.map(([name, followers]) => ({ name, followers }));

describe("a new follower", () => {
  const cases: [string, Partial<Readers>, Origin, string | undefined][] = [
    ["stays while there is room", { followers: 2 }, NEAR, undefined],
    ["goes to a first relay", { followers: 3 }, NEAR, "id/any/0"],
    ["goes to the relay with room", { followers: 3, relays: relays(["id/any/0", 2]) }, NEAR, "id/any/0"],
    ["goes to a further relay", { followers: 3, relays: relays(["id/any/0", 3]) }, NEAR, "id/any/1"],
    [
      "takes the number of a relay that has gone",
      { followers: 3, relays: relays(["id/any/1", 3]) },
      NEAR,
      "id/any/0",
    ],
    [
      "goes to the relay with the fewest, once there are enough relays",
      { followers: 3, relays: relays(["id/any/0", 5], ["id/any/1", 4], ["id/any/2", 6]) },
      NEAR,
      "id/any/1",
    ],
    [
      "goes to a relay of its region",
      { followers: 3, relays: relays(["id/any/0", 1]) },
      { region: "apac", is_distant: false, is_far: false },
      "id/apac/0",
    ],
    [
      "goes to its far region at once",
      { followers: 0 },
      { region: "oc", is_distant: true, is_far: true },
      "id/oc/0",
    ],
    [
      "goes to another region's relay, once there are enough relays",
      { followers: 3, relays: relays(["id/oc/0", 9], ["id/afr/0", 8], ["id/me/0", 9]) },
      { region: "apac", is_distant: true, is_far: true },
      "id/afr/0",
    ],
    [
      "goes to the one relay of a distant region, however many are there",
      { followers: 3, relays: relays(["id/sam/0", 900]) },
      { region: "sam", is_distant: true, is_far: false },
      "id/sam/0",
    ],
    ["goes from a relay to a relay of it", { name: "id/oc/4", followers: 3 }, NEAR, "id/oc/4/0"],
    ["stays at a relay of the last level", { name: "id/oc/4/0", followers: 9_000 }, NEAR, undefined],
  ];
  it.each(cases)("%s", (_, readers, where, name) => {
    const placed = placeFollower({ name: "id", followers: 0, relays: [], ...readers }, where, SPREAD);
    expect(placed).toEqual(name === undefined ? { kind: "here" } : { kind: "relay", name });
  });

  it("always finds a place, within the levels, and no object has more relays than allowed", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom<Region>("any", "apac", "weur", "sam"), { maxLength: 200 }),
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 0, max: 3 }),
        (regions, followers_per_object, levels) => {
          const tree = new Map<string, { followers: number; relays: string[] }>([
            ["id", { followers: 0, relays: [] }],
          ]);
          for (const region of regions) {
            let name = "id";
            for (let hops = 0; ; hops++) {
              expect(hops).toBeLessThanOrEqual(levels);
              const own = tree.get(name) ?? { followers: 0, relays: [] };
              tree.set(name, own);
              const loads = own.relays.map((relay) => ({
                name: relay,
                followers: tree.get(relay)?.followers ?? 0,
              }));
              const readers = { name, followers: own.followers, relays: loads };
              const placed = placeFollower(
                readers,
                { region, is_distant: region === "sam", is_far: region === "sam" },
                { followers_per_object, levels },
              );
              if (placed.kind === "here") {
                own.followers++;
                break;
              }
              expect(readRelayName(placed.name).feeder).toBe(name);
              if (!own.relays.includes(placed.name)) own.relays.push(placed.name);
              expect(own.relays.length).toBeLessThanOrEqual(Math.max(1, followers_per_object));
              name = placed.name;
            }
          }
          const distant = tree.get("id")?.relays.filter((name) => readRelayName(name).region === "sam") ?? [];
          if (levels > 1) expect(distant.length).toBeLessThanOrEqual(1);
          const counts = [...tree.values()].map(({ followers }) => followers);
          expect(counts.reduce((sum, count) => sum + count, 0)).toBe(regions.length);
        },
      ),
    );
  });
});

describe("a region", () => {
  it.each([
    [{ continent: "NA", longitude: "-122.4" }, "wnam"],
    [{ continent: "NA", longitude: "-73.9" }, "enam"],
    [{ continent: "SA" }, "sam"],
    [{ continent: "EU", longitude: "2.3" }, "weur"],
    [{ continent: "EU", longitude: "26.1" }, "eeur"],
    [{ continent: "AS", country: "AE" }, "me"],
    [{ continent: "AS", country: "SG" }, "apac"],
    [{ continent: "OC" }, "oc"],
    [{ continent: "AF" }, "afr"],
    [{ continent: "AN" }, "any"],
    [{}, "any"],
  ])("of %j is %s", (place, region) => {
    expect(regionAt(place)).toBe(region);
    expect(readRegion(region)).toBe(region);
  });

  it.each([
    ["apac", "weur", "", false],
    ["apac", "weur", "apac, oc", true],
    ["oc", "weur", "apac, oc", true],
    ["apac", "apac", "apac", false],
    ["apac", undefined, "apac", true],
    ["apac", "weur", "true", true],
    ["weur", "weur", "true", false],
    ["apac", undefined, "true", false],
    ["apac", "any", "true", false],
    ["any", "weur", "true", false],
  ] as const)("%s seen from %s is far by the setting %j: %s", (region, home, setting, far) => {
    expect(isFar(region, home, setting)).toBe(far);
  });

  it("from a query is one that the platform has", () => {
    expect(readRegion("mars")).toBe("any");
    expect(readRegion(null)).toBe("any");
  });
});
