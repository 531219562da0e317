//! An answer in the forms that people and programs read.
//!
//! In: an answer. Out: text: a table, CSV or JSON.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use arrow::json::StructMode;
use arrow::json::writer::{JsonArray, WriterBuilder};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::sql::SqlAnswer;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Table,
    /// With a head line; times as RFC 3339.
    Csv,
    /// An array of objects.
    Json,
    /// An array of arrays, in the order of the columns.
    JsonRows,
}

impl SqlAnswer {
    /// Writes the rows.
    ///
    /// # Errors
    /// [`ArrowError`] when it cannot be written, or a value has no such form.
    pub fn write(&self, form: Form, out: &mut impl Write) -> Result<(), ArrowError> {
        match form {
            Form::Table => self.table(out),
            Form::Csv => self.csv(out),
            Form::Json => self.json(StructMode::ObjectOnly, out),
            Form::JsonRows => self.json(StructMode::ListOnly, out),
        }
    }

    fn table(&self, out: &mut impl Write) -> Result<(), ArrowError> {
        let options = FormatOptions::default().with_null("–");
        let batches = match self.batches.as_slice() {
            [] => &[RecordBatch::new_empty(Arc::clone(&self.schema))],
            batches => batches,
        };
        let table = arrow::util::pretty::pretty_format_batches_with_options(batches, &options)?;
        Ok(writeln!(out, "{table}")?)
    }

    fn csv(&self, out: &mut impl Write) -> Result<(), ArrowError> {
        let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(out);
        if self.batches.is_empty() {
            writer.write(&flat(&RecordBatch::new_empty(Arc::clone(&self.schema)))?)?;
        }
        self.batches.iter().try_for_each(|batch| writer.write(&flat(batch)?))
    }

    fn json(&self, mode: StructMode, out: &mut impl Write) -> Result<(), ArrowError> {
        let builder = WriterBuilder::new().with_explicit_nulls(true).with_struct_mode(mode);
        let mut writer = builder.build::<_, JsonArray>(out);
        writer.write_batches(&self.batches.iter().collect::<Vec<_>>())?;
        writer.finish()
    }
}

/// CSV has no lists: they are written as text.
fn flat(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let options = FormatOptions::default();
    let text = |column: &ArrayRef| -> Result<ArrayRef, ArrowError> {
        let formatter = ArrayFormatter::try_new(column, &options)?;
        let texts = (0..column.len())
            .map(|ix| column.is_valid(ix).then(|| formatter.value(ix).to_string()));
        Ok(Arc::new(texts.collect::<StringArray>()))
    };
    let schema = batch.schema();
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        let nested = field.data_type().is_nested();
        fields.push(match nested {
            true => Arc::new(Field::new(field.name(), DataType::Utf8, true)),
            false => Arc::clone(field),
        });
        columns.push(if nested { text(column)? } else { Arc::clone(column) });
    }
    let rows = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &rows)
}
