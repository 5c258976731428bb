/** The name of a course begins with its patient's identifier: what prints it without asking prints a pseudonym. */

import { inspect } from 'node:util';

import type { Course } from './model.js';
import { hashText } from './names.js';

export class CourseLabel {
  readonly #name: string;

  constructor(course: string | Pick<Course, 'patientId' | 'courseId'>) {
    this.#name = typeof course === 'string' ? course : `${course.patientId}/${course.courseId}`;
  }

  /** `PATIENT/COURSE`: for the terminal of whoever started the run, and for processes of the same run. */
  reveal(): string {
    return this.#name;
  }

  /**
   * The same for the same patient, so that lines can be told apart and put together; whoever has a list of
   * identifiers can find out which it is.
   */
  toString(): string {
    const [patient = '', ...course] = this.#name.split('/');
    return [`patient-${hashText(patient)}`, ...course].join('/');
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
