// What the shipped binary is made of: from the linker's map, the libraries beside it, and the headers it was compiled with.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { findHeaders } from '../native/tools/onnxruntime-headers.mjs';
import { root } from './setup.mjs';

/** Libraries that are headers only, which no linker sees. */
const HEADERS = ['nlohmann-json3-dev', 'libtbb-dev', 'libwfa2-dev'];

const text = (command, ...args) => spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 }).stdout;

/** One per source package: name, version, copyright file, and the files of it. */
function nativeComponents(map, libraries) {
  const linked = [...map.matchAll(/^LOAD (\S+\.a)$/gm)].map(([, file]) => file).filter((file) => existsSync(file));
  const files = [
    ...new Set([...linked.map((file) => realpathSync(file)), ...libraries.map((library) => library.file)]),
  ];
  const built = join(root, 'build/static');
  const components = new Map();
  const add = (name, component, file) => {
    const known = components.get(name) ?? { name, files: [], ...component() };
    if (file !== undefined) known.files.push(file);
    components.set(name, known);
  };
  for (const file of files) {
    if (file.startsWith(join(root, 'build/cmake'))) continue;
    if (file.startsWith(built)) {
      const name = /dcm|ijg|ofstd|oflog/.test(basename(file)) ? 'dcmtk' : /^lib(\w+)/.exec(basename(file))[1];
      const version = () => readFileSync(join(built, 'share', `${name}.version`), 'utf8').trim();
      add(name, () => ({ version: version(), copyright: join(built, 'share/copyright', name) }), file);
    } else {
      add(sourceOf(file), () => debian(packageOf(file)), file);
    }
  }
  for (const name of HEADERS.filter((one) => existsSync(`/usr/share/doc/${one}/copyright`)))
    add(text('dpkg-query', '-W', '-f', '$' + '{source:Package}', name), () => debian(name));
  return [...components.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const packageOf = (file) => {
  const owners = text('dpkg', '-S', `*${file.replace(/^\/usr/, '')}`).trim();
  if (owners === '') throw new Error(`${file} belongs to no package`);
  return owners.split('\n')[0].split(':')[0];
};
const sourceOf = (file) => text('dpkg-query', '-W', '-f', '$' + '{source:Package}\n', packageOf(file)).split('\n')[0];
const debian = (name) => ({
  version: text('dpkg-query', '-W', '-f', '$' + '{source:Version}\n', name).split('\n')[0],
  copyright: `/usr/share/doc/${name}/copyright`,
});

/** Production packages of npm: what is installed beside isovox. */
function npmComponents() {
  const folders = text('npm', 'ls', '--omit=dev', '--all', '--parseable').trim().split('\n').slice(1);
  return [...new Set([...folders, join(root, 'node_modules/node-addon-api')])].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((one) => /^(licen[cs]e|copying)/i.test(one));
    return { name, version, license, text: file === undefined ? '' : readFileSync(join(folder, file), 'utf8') };
  });
}

export function writeLicences(path, map, libraries) {
  const rule = '='.repeat(80);
  const native = nativeComponents(map, libraries);
  const parts = native.map(({ name, version, files, copyright }) =>
    [
      rule,
      `${name} ${version}${files.length > 0 ? '' : ' (headers)'}`,
      rule,
      readFileSync(copyright, 'utf8').trim(),
    ].join('\n'),
  );
  const headers = findHeaders();
  if (headers !== undefined)
    parts.push(`${rule}\nONNX Runtime (headers)\n${rule}\nCopyright (c) Microsoft Corporation. MIT License.`);
  const common = new Set(parts.flatMap((part) => part.match(/\/usr\/share\/common-licenses\/[\w.-]*\w/g) ?? []));
  for (const file of [...common].sort().filter((one) => existsSync(one)))
    parts.push(`${rule}\n${file}\n${rule}\n${readFileSync(file, 'utf8').trim()}`);
  for (const one of npmComponents())
    parts.push([rule, `${one.name} ${one.version} (npm, ${one.license})`, rule, one.text.trim()].join('\n'));
  const introduction =
    'Isovox is licensed under the Apache License 2.0 (LICENSE). Its binary holds, or has beside it, the libraries below;\n' +
    'the npm packages below are installed with it. Where a library offers a choice of licences, the one that is not the\n' +
    'GPL is taken; parts of source packages that are not compiled in (build files, tools, tests) keep theirs.\n';
  writeFileSync(path, `${introduction}\n${parts.join('\n\n')}\n`);
}

export function writeBillOfMaterials(path, map, libraries) {
  const bill = JSON.parse(text('npm', 'sbom', '--omit=dev', '--sbom-format=cyclonedx'));
  const release = /^VERSION_ID="?([\d.]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  const native = nativeComponents(map, libraries).map(({ name, version, files }) => {
    const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=source&distro=debian-${release}`;
    const properties = files.map((file) => ({
      name: file.endsWith('.a') ? 'isovox:linked' : 'isovox:beside',
      value: basename(file),
    }));
    const hashes = files
      .filter((file) => !file.endsWith('.a'))
      .map((file) => ({ alg: 'SHA-256', content: createHash('sha256').update(readFileSync(file)).digest('hex') }));
    return {
      'bom-ref': purl,
      type: 'library',
      name,
      version,
      purl,
      scope: 'required',
      properties,
      ...(hashes.length > 0 ? { hashes } : {}),
    };
  });
  // npm leaves out what a development package needs too.
  const listed = new Set(bill.components.map((one) => `${one.name}@${one.version}`));
  for (const { name, version, license } of npmComponents().filter((one) => !listed.has(`${one.name}@${one.version}`))) {
    const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
    const licenses = [{ license: { id: license } }];
    bill.components.push({ 'bom-ref': `${name}@${version}`, type: 'library', name, version, purl, licenses });
  }
  bill.components.push(...native);
  const own = bill.dependencies.find((one) => one.ref === bill.metadata.component['bom-ref']);
  own?.dependsOn.push(...native.map((one) => one.purl));
  bill.dependencies.push(...native.map((one) => ({ ref: one.purl, dependsOn: [] })));
  writeFileSync(path, `${JSON.stringify(bill, undefined, 2)}\n`);
}
