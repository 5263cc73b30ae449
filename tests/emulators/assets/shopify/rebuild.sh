#!/bin/sh
# Rebuilds the two assets of this folder from the npm package that carries Shopify's schema:
# the Admin API without descriptions as SDL, and who may read what as a table.
# Needs npm, node and tar; leaves nothing else behind. Usage: rebuild.sh [VERSION]
set -eu
version="${1:-2026-10}"
package="@shopify/dev-mcp@1.16.0"
here="$(cd "$(dirname "$0")" && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "$package" >/dev/null
tar xzf ./*.tgz "package/dist/data/admin_$version.json.gz" package/LICENSE
npm install --silent --no-save --prefix "$work" graphql@16 >/dev/null
cat >rebuild.cjs <<'JS'
const { readFileSync, writeFileSync } = require("node:fs");
const { gunzipSync, gzipSync } = require("node:zlib");
const { buildClientSchema, printSchema } = require("graphql");
const [source, folder, version] = process.argv.slice(2);
const { data, offline_scopes } = JSON.parse(gunzipSync(readFileSync(source)));
const strip = (thing) => {
  if (Array.isArray(thing)) return thing.map(strip);
  if (thing === null || typeof thing !== "object") return thing;
  const kept = Object.entries(thing).filter(([name, value]) => !(name === "description" && typeof value !== "object"));
  return Object.fromEntries(kept.map(([name, value]) => [name, strip(value)]));
};
// printSchema takes @oneOf for granted, strict readers do not.
const sdl = "directive @oneOf on INPUT_OBJECT\n\n" + printSchema(buildClientSchema(strip(data))) + "\n";
const rows = offline_scopes.items
  .filter((row) => row.requiredAccess || row.offlineScopes.length)
  .map((row) => [row.fieldName ? `${row.typeName}.${row.fieldName}` : row.typeName,
    row.offlineScopes.join(" "), row.requiredAccess.replace(/\s+/g, " ")].join("\t"));
const gzip = (text) => gzipSync(text, { level: 9 });
writeFileSync(`${folder}/admin_${version}.graphql.gz`, gzip(sdl));
writeFileSync(`${folder}/access_${version}.tsv.gz`, gzip(rows.sort().join("\n") + "\n"));
JS
node rebuild.cjs "package/dist/data/admin_$version.json.gz" "$here" "$version"
cp package/LICENSE "$here/LICENSE"
ls -l "$here"
