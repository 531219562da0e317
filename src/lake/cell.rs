//! What can stand in a column: each Rust type and the Arrow type it is.
//!
//! In: values of one column. Out: an Arrow array.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, ListBuilder, StringArray,
    StringBuilder, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, TimeUnit};

/// A moment, in microseconds since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Utc(pub i64);

/// A value of a column.
pub(super) trait Cell: Sized {
    /// Whether it can be absent.
    const NULLABLE: bool = false;
    /// As Arrow calls it.
    fn data_type() -> DataType;
    /// A column of them.
    fn array<'a>(cells: impl Iterator<Item = &'a Self>) -> ArrayRef
    where
        Self: 'a;
}

/// A type whose array takes values, and options of values.
macro_rules! plain {
    ($($cell:ty => $array:ty, $type:expr, $value:expr;)*) => {$(
        impl Cell for $cell {
            fn data_type() -> DataType { $type }
            fn array<'a>(cells: impl Iterator<Item = &'a Self>) -> ArrayRef {
                Arc::new(cells.map(|cell| Some($value(cell))).collect::<$array>())
            }
        }
        impl Cell for Option<$cell> {
            const NULLABLE: bool = true;
            fn data_type() -> DataType { $type }
            fn array<'a>(cells: impl Iterator<Item = &'a Self>) -> ArrayRef {
                Arc::new(cells.map(|cell| cell.as_ref().map($value)).collect::<$array>())
            }
        }
    )*};
}

plain! {
    String => StringArray, DataType::Utf8, String::as_str;
    i32 => Int32Array, DataType::Int32, i32::clone;
    i64 => Int64Array, DataType::Int64, i64::clone;
    f64 => Float64Array, DataType::Float64, f64::clone;
    bool => BooleanArray, DataType::Boolean, bool::clone;
}

fn utc() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn moments(cells: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(cells.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

impl Cell for Utc {
    fn data_type() -> DataType {
        utc()
    }
    fn array<'a>(cells: impl Iterator<Item = &'a Self>) -> ArrayRef {
        moments(cells.map(|cell| Some(cell.0)))
    }
}

impl Cell for Option<Utc> {
    const NULLABLE: bool = true;
    fn data_type() -> DataType {
        utc()
    }
    fn array<'a>(cells: impl Iterator<Item = &'a Self>) -> ArrayRef {
        moments(cells.map(|cell| cell.map(|utc| utc.0)))
    }
}

impl Cell for Vec<String> {
    fn data_type() -> DataType {
        DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)))
    }
    fn array<'a>(cells: impl Iterator<Item = &'a Self>) -> ArrayRef {
        let mut builder = ListBuilder::new(StringBuilder::new());
        for cell in cells {
            builder.append_value(cell.iter().map(Some));
        }
        Arc::new(builder.finish())
    }
}
