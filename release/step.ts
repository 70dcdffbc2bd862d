/** What the steps of a release share. */
export interface Release {
  version: string;
  /** The folder for what is released. It is empty before the first step. */
  dist: string;
  /** A folder for files on the way. It is removed after the last step. */
  work: string;
  /** The time of every file in a package, in seconds since 1970: two releases of one commit are equal. */
  epoch_s: number;
  /** The folders of the packages whose code the steps have bundled, as `node_modules/hono`. The SBOM lists them. */
  bundled: Set<string>;
}

/** A part of the release. It writes to `dist`; only the state goes into the checkout. */
export interface Step {
  name: string;
  run: (release: Release) => Promise<void>;
}
