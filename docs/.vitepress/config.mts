import { defineConfig } from 'vitepress';

const page = (text: string, link: string) => ({ text, link });

export default defineConfig({
  title: 'Isovox',
  description: 'A native engine for medical volumes',
  base: process.env.ISOVOX_DOCS_BASE ?? '/',
  cleanUrls: false,
  // The generated API names types by links that TypeDoc resolves itself.
  ignoreDeadLinks: [/^\/?api\//],
  vite: { logLevel: 'warn', build: { chunkSizeWarningLimit: 4000 } },
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      page('Tutorial', '/tutorial'),
      page('How to', '/how-to/local-volumes'),
      page('Reference', '/reference/commands'),
      page('API', '/api/'),
    ],
    sidebar: [
      { text: 'Start', items: [page('Tutorial', '/tutorial')] },
      {
        text: 'How to',
        items: [
          page('Settings of a run', '/how-to/settings'),
          page('Volumes on this machine', '/how-to/local-volumes'),
          page('Volumes in S3', '/how-to/s3'),
          page('Little memory', '/how-to/memory'),
          page('Many cores', '/how-to/many-cores'),
          page('A GPU', '/how-to/gpu'),
          page('Several machines', '/how-to/machines'),
          page('Functions in parallel', '/how-to/functions'),
          page('Pipelines that feed a model', '/how-to/pipelines'),
          page('Training in Python', '/how-to/python'),
          page('Look at results', '/how-to/look'),
          page('Hand results on without identifiers', '/how-to/pseudonyms'),
        ],
      },
      {
        text: 'Explanation',
        items: [
          page('Threads and contexts', '/explanation/threads'),
          page('Accuracy', '/explanation/accuracy'),
          page('Determinism', '/explanation/determinism'),
          page('Runs that go on', '/explanation/resume'),
          page('Hostile input', '/explanation/hostile-input'),
        ],
      },
      {
        text: 'Reference',
        items: [
          page('Commands', '/reference/commands'),
          page('Settings', '/reference/settings'),
          page('Tables', '/reference/tables'),
          page('Features', '/reference/features'),
          page('Dose metrics', '/reference/metrics'),
          page('Formats', '/reference/formats'),
          page('Models', '/reference/models'),
          page('Errors and exit codes', '/reference/errors'),
          page('API', '/api/'),
        ],
      },
    ],
    outline: [2, 3],
    footer: { message: 'Apache-2.0. Not a medical device; results are for research.' },
  },
});
