//! A record: a struct and, beside it, how each field is written and read.

use core::fmt;
use core::marker::PhantomData;

use serde::Serializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde::ser::SerializeTuple;

use super::fields::Codec;

/// A struct that is a run of array elements: a whole message behind its tag, or an array in one.
pub(crate) trait Record: Sized {
    /// What errors call it.
    const NAME: &'static str;
    /// How many elements it is.
    const COUNT: usize;

    fn write_fields<S: SerializeTuple>(&self, seq: &mut S) -> Result<(), S::Error>;
    fn read_fields<'de, A: SeqAccess<'de>>(seq: &mut A) -> Result<Self, A::Error>;
}

/// Writes the `Record` of a struct that stands elsewhere, where `record!` would write both; its fields in the order in
/// which they are written. With `by make` the struct is not these fields but what `make` gives for them, or why it
/// gives none.
macro_rules! fields {
    ($name:ident as $tag:literal { $( $field:ident: $type:ty => $codec:ty, )+ }) => {
        $crate::wire::record::fields! {
            @ $name as $tag { $( $field: $type => $codec, )+ } gives { Ok(Self { $( $field, )+ }) }
        }
    };
    ($name:ident as $tag:literal { $( $field:ident: $type:ty => $codec:ty, )+ } by $make:path) => {
        $crate::wire::record::fields! {
            @ $name as $tag { $( $field: $type => $codec, )+ } gives {
                $make($( $field, )+).map_err(serde::de::Error::custom)
            }
        }
    };
    (
        @ $name:ident as $tag:literal { $( $field:ident: $type:ty => $codec:ty, )+ }
        gives $value:block
    ) => {
        impl $crate::wire::record::Record for $name {
            const NAME: &'static str = $tag;
            const COUNT: usize = [$( stringify!($field) ),+].len();

            fn write_fields<S: serde::ser::SerializeTuple>(
                &self,
                seq: &mut S,
            ) -> Result<(), S::Error> {
                $( $crate::wire::record::write_field::<$codec, $type, S>(
                    seq, &self.$field, concat!($tag, ".", stringify!($field)),
                )?; )+
                Ok(())
            }

            fn read_fields<'de, A: serde::de::SeqAccess<'de>>(
                seq: &mut A,
            ) -> Result<Self, A::Error> {
                $( let $field = $crate::wire::record::read_field::<$codec, $type, A>(
                    seq, concat!($tag, ".", stringify!($field)),
                )?; )+
                $value
            }
        }
    };
}

/// Writes a public struct, its `Record` and the way back, field by field with codec and limits:
/// `record! { struct Ping as "PING" { nonce: u64 => Uint } }`.
macro_rules! record {
    (
        $(#[$meta:meta])*
        struct $name:ident as $tag:literal {
            $( $(#[$field_meta:meta])* $field:ident: $type:ty => $codec:ty, )+
        }
    ) => {
        $(#[$meta])*
        pub struct $name {
            $( $(#[$field_meta])* pub $field: $type, )+
        }

        $crate::wire::record::fields! {
            $name as $tag { $( $field: $type => $codec, )+ }
        }

        #[cfg(feature = "proptest")]
        impl proptest::arbitrary::Arbitrary for $name {
            type Parameters = ();
            type Strategy = proptest::strategy::BoxedStrategy<Self>;

            fn arbitrary_with((): ()) -> Self::Strategy {
                use proptest::strategy::Strategy as _;
                ($( <$codec as $crate::generators::Generator<$type>>::values(), )+)
                    .prop_map(|($( $field, )+)| Self { $( $field, )+ })
                    .boxed()
            }
        }
    };
}
pub(crate) use {fields, record};

pub(crate) fn write_field<C: Codec<T>, T, S: SerializeTuple>(
    seq: &mut S,
    value: &T,
    field: &'static str,
) -> Result<(), S::Error> {
    seq.serialize_element(&Writing::<C, T> {
        value,
        field,
        codec: PhantomData,
    })
}

pub(crate) fn read_field<'de, C: Codec<T>, T, A: SeqAccess<'de>>(
    seq: &mut A,
    field: &'static str,
) -> Result<T, A::Error> {
    seq.next_element_seed(Reading::<C, T>::new(field))?
        .ok_or_else(|| A::Error::custom(format_args!("{field} is missing")))
}

/// Refuses an array that goes on behind the last element that it may have.
pub(crate) fn read_end<'de, A: SeqAccess<'de>>(
    seq: &mut A,
    name: &'static str,
) -> Result<(), A::Error> {
    match seq.next_element::<serde::de::IgnoredAny>()? {
        None => Ok(()),
        Some(_) => Err(A::Error::custom(format_args!("{name} has too many fields"))),
    }
}

/// One value on its way out, with its codec.
pub(crate) struct Writing<'a, C, T> {
    value: &'a T,
    field: &'static str,
    codec: PhantomData<C>,
}

impl<'a, C, T> Writing<'a, C, T> {
    pub(crate) fn new(value: &'a T, field: &'static str) -> Self {
        Self {
            value,
            field,
            codec: PhantomData,
        }
    }
}

impl<C: Codec<T>, T> serde::Serialize for Writing<'_, C, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        C::write(self.value, self.field, serializer)
    }
}

/// One value on its way in, with its codec.
pub(crate) struct Reading<C, T> {
    field: &'static str,
    codec: PhantomData<(C, T)>,
}

impl<C, T> Reading<C, T> {
    pub(crate) fn new(field: &'static str) -> Self {
        Self {
            field,
            codec: PhantomData,
        }
    }
}

impl<'de, C: Codec<T>, T> DeserializeSeed<'de> for Reading<C, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        C::read(self.field, deserializer)
    }
}

/// The codec of a record that is an array of its own within a message.
pub(crate) struct Nested;

impl<T: Record> Codec<T> for Nested {
    fn write<S: Serializer>(value: &T, _: &'static str, s: S) -> Result<S::Ok, S::Error> {
        let mut seq = s.serialize_tuple(T::COUNT)?;
        value.write_fields(&mut seq)?;
        seq.end()
    }

    fn read<'de, D: Deserializer<'de>>(_: &'static str, d: D) -> Result<T, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Record> Visitor<'de> for Fields<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}, an array of {}", T::NAME, T::COUNT)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<T, A::Error> {
                let value = T::read_fields(&mut seq)?;
                read_end(&mut seq, T::NAME)?;
                Ok(value)
            }
        }

        d.deserialize_tuple(T::COUNT, Fields(PhantomData))
    }
}
