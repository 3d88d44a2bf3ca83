// Reads a file by its address as a page does, in parts, and writes what it found as JSON: `node read_files.mjs flatgeobuf|hyparquet|kepler ADDRESS [RECT]`.
// Modules are looked for beside the folder that NODE_CLIENTS names.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const modules = createRequire(`${process.env.NODE_CLIENTS}/package.json`);
const load = (name) => import(pathToFileURL(modules.resolve(name)));
const [reader, address, rect] = process.argv.slice(2);
// What the readers log is not what they found.
console.debug = console.info = () => {};
// JSON has no 64-bit integers.
const plain = (_, value) => (typeof value === "bigint" ? Number(value) : value);

if (reader === "flatgeobuf") {
  const { deserialize } = await load("flatgeobuf/lib/mjs/geojson.js");
  const [minX, minY, maxX, maxY] = rect.split(",").map(Number);
  const found = [];
  for await (const feature of deserialize(address, { rect: { minX, minY, maxX, maxY } })) found.push(feature);
  console.log(JSON.stringify(found, plain));
} else if (reader === "kepler") {
  const { processCsvData, processGeojson } = modules("@kepler.gl/processors");
  const text = await (await fetch(address)).text();
  const table = new URL(address).pathname.endsWith(".csv") ? processCsvData(text) : processGeojson(JSON.parse(text));
  const columns = table.fields.map(({ name, type }, place) => ({ name, type, cells: table.rows.map((row) => row[place]) }));
  console.log(JSON.stringify(columns.filter(({ type }) => type !== "geojson"), plain));
} else {
  const { asyncBufferFromUrl, parquetReadObjects } = await load("hyparquet");
  const file = await asyncBufferFromUrl({ url: address });
  console.log(JSON.stringify(await parquetReadObjects({ file }), plain));
}
