/** From this size on, a download is streamed to the disk, if the browser has a way. It asks for the file's place first. */
const STREAMED_BYTES_MIN = 32 * 1024 * 1024;

/** Bytes of a download that is kept in memory until it is complete. */
const HELD_BYTES_MAX = 512 * 1024 * 1024;

/** The part of the File System Access API that is used. Only some browsers have it, so TypeScript does not know it. */
declare global {
  var showSaveFilePicker: ((options: { suggestedName: string }) => Promise<FileSystemFileHandle>) | undefined;
}

/** Saves a stream as a file. Returns whether it did: the user may have closed the dialog. */
export async function save(
  name: string,
  bytes: number,
  open: () => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>,
): Promise<boolean> {
  if (bytes < STREAMED_BYTES_MIN || !globalThis.showSaveFilePicker) {
    const held = (await open()).pipeThrough(bounded(HELD_BYTES_MAX));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await new Response(held).blob());
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
    return true;
  }
  const file = await chosenFile(globalThis.showSaveFilePicker, name);
  if (!file) return false;
  const to = await file.createWritable();
  const from = await open().catch(async (error) => {
    await to.abort();
    throw error;
  });
  await from.pipeTo(to);
  return true;
}

/** The file that the user chooses; undefined if they close the dialog. A write that the browser refuses has the same error's name. */
async function chosenFile(
  choose: NonNullable<typeof globalThis.showSaveFilePicker>,
  name: string,
): Promise<FileSystemFileHandle | undefined> {
  try {
    return await choose({ suggestedName: name });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return undefined;
    throw error;
  }
}

/** Passes bytes on, and fails beyond a number of them. */
export function bounded(
  bytes_max: number,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let bytes = 0;
  return new TransformStream({
    transform: (part, to) => {
      bytes += part.length;
      if (bytes > bytes_max)
        throw new Error(
          "This browser keeps a download in memory, and this one has more than 512 MiB: use tailrace execution output",
        );
      to.enqueue(part);
    },
  });
}
