/** The regions in which the platform places objects; `any` lets it choose. */
export type Region = DurableObjectLocationHint | "any";

const REGIONS: readonly string[] = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"];

/** A region's name from a query; `any` for any other text. */
export function readRegion(text: string | null): Region {
  return text !== null && REGIONS.includes(text) ? (text as Region) : "any";
}

/** Countries of Asia in the region `me`. */
const MIDDLE_EAST = [
  "AE",
  "BH",
  "IL",
  "IQ",
  "IR",
  "JO",
  "KW",
  "LB",
  "OM",
  "PS",
  "QA",
  "SA",
  "SY",
  "TR",
  "YE",
];

/** The meridians that divide North America and Europe, in degrees. */
const NORTH_AMERICA_EAST = -100;
const EUROPE_EAST = 19;

/** The facts of a request's place that the platform reports. */
export interface Place {
  continent?: unknown;
  country?: unknown;
  longitude?: unknown;
}

/** The region that a request comes from. Without the platform in front, it is not known. */
export function regionOf({ cf }: { cf?: object | undefined }): Region {
  return cf === undefined ? "any" : regionAt(cf);
}

/** The region of a place. */
export function regionAt({ continent, country, longitude }: Place): Region {
  const degrees = Number(longitude);
  switch (continent) {
    case "NA":
      return degrees < NORTH_AMERICA_EAST ? "wnam" : "enam";
    case "SA":
      return "sam";
    case "EU":
      return degrees >= EUROPE_EAST ? "eeur" : "weur";
    case "AS":
      return MIDDLE_EAST.includes(String(country)) ? "me" : "apac";
    case "OC":
      return "oc";
    case "AF":
      return "afr";
    default:
      return "any";
  }
}

/**
 * Whether readers of a region go to a relay there from the first one on. `setting` lists such regions, or is `true` for every region
 * but the execution's own. The execution's own region never does; it is unknown for older executions.
 */
export function isFar(region: Region, home: Region | undefined, setting: string): boolean {
  if (region === "any" || region === home) return false;
  if (setting === "true") return home !== undefined && home !== "any";
  return setting.split(",").some((name) => name.trim() === region);
}
