import { lexSpecifiers } from '../../importmap/index.js';
import { pageTemplate, type LoaderOptions, type PageTemplate } from './page-template.js';
import { readPage, type Page } from './read-page.js';

/** Work on a page that takes long for a large one. */
export type PageJob =
  | { readonly kind: 'template'; readonly html: Uint8Array; readonly options: LoaderOptions }
  | { readonly kind: 'read'; readonly html: Uint8Array };

export type PageResult<J extends PageJob> = J extends { kind: 'template' } ? PageTemplate : Page;

export const runPageJob = <J extends PageJob>(job: J): PageResult<J> =>
  (job.kind === 'template'
    ? pageTemplate(job.html, job.options)
    : readPage(job.html, lexSpecifiers)) as PageResult<J>;
