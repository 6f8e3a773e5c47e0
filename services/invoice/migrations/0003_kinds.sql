-- Which kinds a taxpayer is entitled to issue; by default all that a platform can.
alter table taxpayers
  add column kinds text[] not null default array[
    'digital_special', 'digital_ordinary', 'paper_special', 'paper_ordinary', 'tax_control_special',
    'tax_control_ordinary'
  ],
  add constraint taxpayers_kinds_check check (
    kinds <@ array[
      'digital_special', 'digital_ordinary', 'paper_special', 'paper_ordinary', 'tax_control_special',
      'tax_control_ordinary'
    ]
    and cardinality(kinds) > 0
  );
