//! Attributes of functions, calls, their parameters and their results.

use std::ffi::c_char;

use llvm_sys::{LLVMAttributeFunctionIndex, LLVMAttributeReturnIndex, core::*, prelude::*};

use super::{Value, count};

/// What an attribute is about.
#[derive(Clone, Copy)]
pub enum Place {
    /// The function or call itself.
    Function,
    /// What is returned.
    Result,
    /// The argument at this index.
    Argument(usize),
}

impl Place {
    fn index(self) -> u32 {
        match self {
            Self::Function => LLVMAttributeFunctionIndex,
            Self::Result => LLVMAttributeReturnIndex,
            Self::Argument(index) => count(index) + 1,
        }
    }
}

/// LLVM's number for one of its own attributes.
pub(super) fn kind(name: &str) -> u32 {
    // SAFETY: the name's start and length describe one string.
    unsafe { LLVMGetEnumAttributeKindForName(name.as_ptr().cast(), name.len()) }
}

/// A text as LLVM takes it: its start and its length.
fn text(text: &str) -> (*const c_char, u32) {
    (text.as_ptr().cast(), count(text.len()))
}

/// A function or a call: the two that have attributes, by the same functions of two names.
// SAFETY of all blocks below: see the module's documentation.
impl Value {
    fn attribute(self, place: Place, name: &str) -> Option<LLVMAttributeRef> {
        let (index, kind) = (place.index(), kind(name));
        let attribute = unsafe {
            if self.is_function() {
                LLVMGetEnumAttributeAtIndex(self.0, index, kind)
            } else {
                LLVMGetCallSiteEnumAttribute(self.0, index, kind)
            }
        };
        (!attribute.is_null()).then_some(attribute)
    }

    fn add(self, place: Place, attribute: LLVMAttributeRef) {
        let index = place.index();
        unsafe {
            if self.is_function() {
                LLVMAddAttributeAtIndex(self.0, index, attribute);
            } else {
                LLVMAddCallSiteAttribute(self.0, index, attribute);
            }
        }
    }

    /// Whether the attribute is there.
    pub fn has_attribute(self, place: Place, name: &str) -> bool {
        self.attribute(place, name).is_some()
    }

    /// Adds an attribute of a function that has no value.
    pub fn add_attribute(self, place: Place, name: &str) {
        let attribute = unsafe {
            let context = LLVMGetModuleContext(LLVMGetGlobalParent(self.0));
            LLVMCreateEnumAttribute(context, kind(name), 0)
        };
        self.add(place, attribute);
    }

    /// Removes the attribute if it is there.
    pub fn remove_attribute(self, place: Place, name: &str) {
        let (index, kind) = (place.index(), kind(name));
        unsafe {
            if self.is_function() {
                LLVMRemoveEnumAttributeAtIndex(self.0, index, kind);
            } else {
                LLVMRemoveCallSiteEnumAttribute(self.0, index, kind);
            }
        }
    }

    /// Sets an attribute of a function that only the text of its name defines.
    pub fn set_text_attribute(self, name: &str, value: &str) {
        let ((name, name_length), (value, value_length)) = (text(name), text(value));
        let attribute = unsafe {
            let context = LLVMGetModuleContext(LLVMGetGlobalParent(self.0));
            LLVMCreateStringAttribute(context, name, name_length, value, value_length)
        };
        self.add(Place::Function, attribute);
    }

    /// Removes an attribute of a function that only the text of its name defines.
    pub fn remove_text_attribute(self, name: &str) {
        let (start, length) = text(name);
        unsafe {
            LLVMRemoveStringAttributeAtIndex(self.0, LLVMAttributeFunctionIndex, start, length);
        }
    }

    /// Copies what `other` says about itself, except one attribute.
    pub fn copy_attributes_except(self, other: Self, except: &str) {
        let index = LLVMAttributeFunctionIndex;
        let attributes = unsafe {
            let is_function = other.is_function();
            let length = if is_function {
                LLVMGetAttributeCountAtIndex(other.0, index)
            } else {
                LLVMGetCallSiteAttributeCount(other.0, index)
            };
            let mut attributes = vec![std::ptr::null_mut(); length as usize];
            if is_function {
                LLVMGetAttributesAtIndex(other.0, index, attributes.as_mut_ptr());
            } else {
                LLVMGetCallSiteAttributes(other.0, index, attributes.as_mut_ptr());
            }
            attributes
        };
        let except = kind(except);
        for attribute in attributes {
            let excepted = unsafe {
                LLVMIsEnumAttribute(attribute) != 0 && LLVMGetEnumAttributeKind(attribute) == except
            };
            if !excepted {
                self.add(Place::Function, attribute);
            }
        }
    }

    /// Copies from one place of `other` how a small integer fills its register.
    pub fn copy_extension(self, place: Place, other: Self, from: Place) {
        for name in ["zeroext", "signext"] {
            if let Some(attribute) = other.attribute(from, name) {
                self.add(place, attribute);
            }
        }
    }
}
