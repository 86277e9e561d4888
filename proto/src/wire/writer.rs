//! Writing CBOR: each item in its one form, straight to the end of a buffer.

use alloc::string::ToString;
use core::fmt;

use bytes::BufMut;
use serde::ser::{self, Impossible, Serialize, SerializeSeq, SerializeTuple, Serializer};

use super::cbor::EncodeError;
use super::reader::{ARRAY, BYTES, NULL, TEXT, UINT};

const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;

/// Appends items to a buffer.
pub(super) struct Writer<'a, B>(pub(super) &'a mut B);

impl<B: BufMut> Writer<'_, B> {
    /// The head of an item of this type, in its shortest form.
    fn head(&mut self, major: u8, number: u64) {
        let major = major << 5;
        let [_, _, _, _, b3, b2, b1, b0] = number.to_be_bytes();
        match number {
            0..24 => self.0.put_u8(major | b0),
            24..0x100 => self.0.put_slice(&[major | 24, b0]),
            0x100..0x1_0000 => self.0.put_slice(&[major | 25, b1, b0]),
            0x1_0000..0x1_0000_0000 => self.0.put_slice(&[major | 26, b3, b2, b1, b0]),
            _ => {
                self.0.put_u8(major | 27);
                self.0.put_u64(number);
            }
        }
    }

    fn octets(&mut self, major: u8, octets: &[u8]) {
        self.head(major, u64::try_from(octets.len()).unwrap_or(u64::MAX));
        self.0.put_slice(octets);
    }

    fn array(&mut self, length: usize) {
        self.head(ARRAY, u64::try_from(length).unwrap_or(u64::MAX));
    }
}

/// What the wire and the log do not have.
fn unused<T>() -> Result<T, Unfit> {
    Err(ser::Error::custom("a type that is not written"))
}

/// Methods for types that are not written.
macro_rules! unused {
    ($( $method:ident($type:ty) )+) => {
        $( fn $method(self, _: $type) -> Result<(), Unfit> {
            unused()
        } )+
    };
}

impl<B: BufMut> Serializer for &mut Writer<'_, B> {
    type Ok = ();
    type Error = Unfit;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Impossible<(), Unfit>;
    type SerializeTupleVariant = Impossible<(), Unfit>;
    type SerializeMap = Impossible<(), Unfit>;
    type SerializeStruct = Impossible<(), Unfit>;
    type SerializeStructVariant = Impossible<(), Unfit>;

    fn serialize_u64(self, number: u64) -> Result<(), Unfit> {
        self.head(UINT, number);
        Ok(())
    }

    fn serialize_bool(self, value: bool) -> Result<(), Unfit> {
        self.0.put_u8(if value { TRUE } else { FALSE });
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Result<(), Unfit> {
        self.octets(TEXT, text.as_bytes());
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Unfit> {
        self.octets(BYTES, bytes);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Unfit> {
        self.0.put_u8(NULL);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unfit> {
        value.serialize(self)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self, Unfit> {
        let Some(length) = length else {
            return unused();
        };
        self.array(length);
        Ok(self)
    }

    fn serialize_tuple(self, length: usize) -> Result<Self, Unfit> {
        self.array(length);
        Ok(self)
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    unused! {
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32)
        serialize_f32(f32) serialize_f64(f64) serialize_char(char) serialize_unit_struct(&'static str)
    }

    fn serialize_unit(self) -> Result<(), Unfit> {
        unused()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Unfit> {
        unused()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<(), Unfit> {
        unused()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Unfit> {
        unused()
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Unfit> {
        unused()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unfit> {
        unused()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Unfit> {
        unused()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Unfit> {
        unused()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unfit> {
        unused()
    }
}

impl<B: BufMut> SerializeSeq for &mut Writer<'_, B> {
    type Ok = ();
    type Error = Unfit;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Unfit> {
        Ok(())
    }
}

impl<B: BufMut> SerializeTuple for &mut Writer<'_, B> {
    type Ok = ();
    type Error = Unfit;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Unfit> {
        Ok(())
    }
}

/// A value that is outside its limits, or of a type that is not written.
#[derive(Debug)]
pub(super) struct Unfit(pub(super) EncodeError);

impl ser::Error for Unfit {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Unfit(EncodeError::because(reason.to_string()))
    }
}

impl core::error::Error for Unfit {}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
