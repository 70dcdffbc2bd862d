import type { Tags } from "yaml";

/** YAML as StackStorm's own parser reads it: version 1.1 (`no` is false, `0644` octal), but a key `y` or `n` is a text. */
export const YAML_OPTIONS = {
  version: "1.1",
  merge: true,
  uniqueKeys: false,
  customTags: (tags: Tags): Tags => tags.map(withoutLetters).filter(isNoDate),
} as const;

type Tag = Tags[number];

/** The library's own tags for truth also take single letters, which are names in StackStorm's packs. */
function withoutLetters(tag: Tag): Tag {
  if (typeof tag !== "object" || tag.tag !== "tag:yaml.org,2002:bool" || !("test" in tag) || !tag.test)
    return tag;
  return { ...tag, test: new RegExp(tag.test.source.replace(/Y\|y\||N\|n\|/, "")) };
}

/** JSON has no dates: one in a default stays the text that it is. */
function isNoDate(tag: Tag): boolean {
  return typeof tag !== "object" || tag.tag !== "tag:yaml.org,2002:timestamp";
}
